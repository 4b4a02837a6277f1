package client

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/outcry-dev/outcry/protocol"
)

const (
	// MaxBatch is how many publications one PublishBatch may hold.
	MaxBatch = 1000

	defaultTimeout = 10 * time.Second
	defaultMaxWait = 30 * time.Second
	maxAnswer      = 8 << 20 // bytes
)

// PublisherOptions say how a Publisher reaches the server. URL is required,
// every other zero value is the documented default.
type PublisherOptions struct {
	// URL is the server's base address, such as http://127.0.0.1:8000.
	URL string
	// APIKey is sent with every call; empty: none.
	APIKey string
	// HTTPClient makes the calls. Default: one that follows no redirects.
	HTTPClient *http.Client
	// Timeout bounds one attempt. Default: 10 s.
	Timeout time.Duration
	// MaxWait bounds the pauses of one call while the server has no room (503)
	// or asks for patience (429). Default: 30 s; negative: no retry.
	MaxWait time.Duration
}

// Publisher publishes over the HTTP API. It is safe for concurrent use.
//
// It sends again only what the server says it has not taken: after a broken
// connection or a timeout it returns the error, for the server may have
// published.
type Publisher struct {
	opts PublisherOptions
	base string
}

// NewPublisher makes no connection yet.
func NewPublisher(opts PublisherOptions) (*Publisher, error) {
	u, err := url.Parse(opts.URL)
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("url %q: want http://HOST:PORT", opts.URL)
	}
	if opts.HTTPClient == nil {
		opts.HTTPClient = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}}
	}
	if opts.Timeout <= 0 {
		opts.Timeout = defaultTimeout
	}
	if opts.MaxWait == 0 {
		opts.MaxWait = defaultMaxWait
	}
	return &Publisher{opts: opts, base: strings.TrimSuffix(opts.URL, "/") + "/api/v1"}, nil
}

// Publish publishes p and waits for the answer. Errors: *UnreachableError,
// *RefusedError, or ctx's.
func (p *Publisher) Publish(ctx context.Context, m Publication) (Ack, error) {
	body, err := jsonv2.Marshal(newPublicationBody(m))
	if err != nil {
		return Ack{}, fmt.Errorf("publication: %w", err)
	}
	waits := p.patience()
	for {
		var answer ackBody
		_, err := p.post(ctx, "/publish", body, &answer)
		if err == nil {
			return answer.ack(), nil
		}
		if !retryable(err) {
			return Ack{}, err
		}
		if !waits.wait(ctx, pauseOf(err)) {
			return Ack{}, cmp.Or(context.Cause(ctx), err)
		}
	}
}

// Result is what became of one publication of a batch.
type Result struct {
	Ack Ack
	// Err is a *protocol.Error where the server refused this one.
	Err error
}

// PublishBatch publishes in order and returns a Result for each. A server that
// has no room stops at one of them; the rest is sent again, so that the order
// stays. The error is that of a call as a whole: the results before it are
// returned with it.
func (p *Publisher) PublishBatch(ctx context.Context, batch []Publication) ([]Result, error) {
	if len(batch) > MaxBatch {
		return nil, fmt.Errorf("batch of %d: at most %d are allowed", len(batch), MaxBatch)
	}
	items := make([]publicationBody, len(batch))
	for i, m := range batch {
		items[i] = newPublicationBody(m)
	}
	var done []Result
	waits := p.patience()
	for len(done) < len(batch) {
		results, pause, err := p.postBatch(ctx, items[len(done):])
		if err != nil && !retryable(err) {
			return done, err
		}
		settled := settledResults(results)
		done = append(done, results[:settled]...)
		if len(done) == len(batch) {
			break
		}
		if !waits.wait(ctx, pause) {
			return giveUp(ctx, done, results[settled:], err)
		}
	}
	return done, nil
}

// giveUp returns what the last attempt said: of single publications their
// results, of the whole call its error.
func giveUp(ctx context.Context, done, unsettled []Result, err error) ([]Result, error) {
	if ctx.Err() != nil {
		return done, context.Cause(ctx)
	}
	return append(done, unsettled...), err
}

// settledResults is how many results are final: all before the first that the
// server had no room for.
func settledResults(results []Result) int {
	for i, r := range results {
		e, ok := errors.AsType[*protocol.Error](r.Err)
		if ok && e.Code.HTTPStatus() == http.StatusServiceUnavailable {
			return i
		}
	}
	return len(results)
}

// postBatch makes one attempt. pause is how long to wait before another.
func (p *Publisher) postBatch(ctx context.Context, items []publicationBody) ([]Result, time.Duration, error) {
	body, err := jsonv2.Marshal(batchBody{Messages: items})
	if err != nil {
		return nil, 0, fmt.Errorf("batch: %w", err)
	}
	var answer batchAnswer
	header, err := p.post(ctx, "/publish/batch", body, &answer)
	if err != nil {
		return nil, pauseOf(err), err
	}
	if len(answer.Results) != len(items) {
		return nil, 0, &ProtocolError{fmt.Errorf("%d results for %d messages", len(answer.Results), len(items))}
	}
	results := make([]Result, len(items))
	for i, r := range answer.Results {
		results[i].Ack = r.ack()
		if !r.Success {
			results[i].Err = &protocol.Error{Code: r.Error.Code, Message: r.Error.Message}
		}
	}
	return results, retryAfter(header, time.Now()), nil
}

// post makes one call and reads the answer into v.
func (p *Publisher) post(ctx context.Context, path string, body []byte, v any) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, p.opts.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if p.opts.APIKey != "" {
		req.Header.Set("X-API-Key", p.opts.APIKey)
	}
	resp, err := p.opts.HTTPClient.Do(req)
	if err != nil {
		return nil, &UnreachableError{URL: p.opts.URL, Err: innermost(ctx, err)}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, &UnreachableError{URL: p.opts.URL, Err: innermost(ctx, err)}
	}
	if resp.StatusCode != http.StatusOK {
		return nil, refusal(resp, data)
	}
	if err := jsonv2.Unmarshal(data, v); err != nil {
		return nil, &ProtocolError{fmt.Errorf("answer to %s: %w", path, err)}
	}
	return resp.Header, nil
}

// publicationBody is a publication as it is written.
type publicationBody struct {
	Channel   string  `json:"channel"`
	Message   rawJSON `json:"message,omitempty"`
	Data      rawJSON `json:"data,omitempty"`
	Event     string  `json:"event,omitempty"`
	MessageID string  `json:"message_id,omitempty"`
	Key       string  `json:"key,omitempty"`
}

func newPublicationBody(p Publication) publicationBody {
	return publicationBody{
		Channel:   p.Channel,
		Message:   rawJSON(p.Object),
		Data:      rawJSON(p.Data),
		Event:     p.Event,
		MessageID: p.ID,
		Key:       p.Key,
	}
}

type batchBody struct {
	Messages []publicationBody `json:"messages"`
}

type batchAnswer struct {
	Results []struct {
		ackBody
		Success bool `json:"success"`
		Error   struct {
			Code    protocol.Code `json:"code"`
			Message string        `json:"message"`
		} `json:"error"`
	} `json:"results"`
}

type ackBody struct {
	MessageID  string `json:"message_id"`
	Seq        uint64 `json:"seq"`
	Cursor     string `json:"cursor"`
	Duplicate  bool   `json:"duplicate"`
	Durability string `json:"durability"`
}

func (a ackBody) ack() Ack {
	return Ack{ID: a.MessageID, Seq: a.Seq, Cursor: a.Cursor, Duplicate: a.Duplicate, Durability: a.Durability}
}
