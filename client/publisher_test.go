package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry/protocol"
)

// api answers the n-th call, from 1, with a status and body.
type api func(n int, r *http.Request, body string, h http.Header) (status int, answer string)

// desk is what a test of a Publisher is given.
type desk struct {
	*testing.T
	to *Publisher
}

// publishTo runs test in a bubble with a Publisher and a server that answers as
// a says.
func publishTo(t *testing.T, a api, test func(desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		client := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			n++
			status, answer := a(n, r, string(body), w.Header())
			w.WriteHeader(status)
			_, _ = io.WriteString(w, answer)
		}))
		p, err := NewPublisher(PublisherOptions{URL: "http://server/", APIKey: "secret-key", HTTPClient: client})
		if err != nil {
			t.Fatal(err)
		}
		test(desk{t, p})
	})
}

const busy = `{"error":{"code":"busy","message":"no room"}}`

func TestPublish(t *testing.T) {
	want := `{"channel":"c","data":{"a":1},"event":"e","message_id":"m","key":"k"}`
	publishTo(t, func(n int, r *http.Request, body string, h http.Header) (int, string) {
		if r.Method != http.MethodPost || r.URL.Path != "/api/v1/publish" || r.Header.Get("X-API-Key") != "secret-key" ||
			r.Header.Get("Content-Type") != "application/json" || body != want {
			t.Errorf("%s %s %v %s", r.Method, r.URL, r.Header, body)
		}
		switch n {
		case 1:
			h.Set("Retry-After", "2")
			return http.StatusServiceUnavailable, busy
		case 2:
			return http.StatusTooManyRequests, ""
		}
		return http.StatusOK, `{"success":true,"message_id":"m","seq":7,"cursor":"x","duplicate":true,"durability":"memory","new":1}`
	}, func(t desk) {
		began := time.Now()
		ack, err := t.to.Publish(t.Context(), Publication{Channel: "c", Data: []byte(`{"a":1}`), Event: "e", ID: "m", Key: "k"})
		if want := (Ack{"m", 7, "x", true, "memory"}); err != nil || ack != want {
			t.Errorf("%+v, %v", ack, err)
		}
		if took := time.Since(began); took < 2*time.Second || took > 3*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestPublishFails(t *testing.T) {
	tests := []struct {
		name   string
		status int
		answer string
		header string
		want   string
		took   time.Duration
	}{
		{"no key", 401, `{"error":{"code":"unauthenticated","message":"needs a key"}}`, "", "server refused (401 unauthenticated): needs a key", 0},
		{"another server", 404, "<html>", "", "server answered 404 Not Found", 0},
		{"redirect", 302, "", "", "server answered 302 Found", 0},
		{"not json", 200, "hello", "", "server broke the protocol", 0},
		{"busy for long", 503, busy, "12", "server refused (503 busy): no room", 24 * time.Second},
		{"busy for longer than we wait", 503, busy, "31", "server refused (503 busy): no room", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			publishTo(t, func(_ int, _ *http.Request, _ string, h http.Header) (int, string) {
				if tt.header != "" {
					h.Set("Retry-After", tt.header)
				}
				h.Set("Location", "http://elsewhere/")
				return tt.status, tt.answer
			}, func(t desk) {
				t.to.opts.HTTPClient.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				began := time.Now()
				_, err := t.to.Publish(t.Context(), Publication{Channel: "c", Data: []byte("1")})
				if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
					t.Errorf("error %v, want %s", err, tt.want)
				}
				if took := time.Since(began); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
			})
		})
	}
}

// batchServer has room for three messages per call, the fourth is refused for
// lack of room, and none follows it. Message "bad" is refused for itself.
func batchServer(t *testing.T, taken *[]string) api {
	t.Helper()
	return func(_ int, r *http.Request, body string, h http.Header) (int, string) {
		if r.URL.Path != "/api/v1/publish/batch" {
			t.Errorf("path %s", r.URL.Path)
		}
		var batch batchBody
		if err := jsonv2.Unmarshal([]byte(body), &batch); err != nil {
			t.Error(err)
		}
		var results []string
		for i, m := range batch.Messages {
			switch {
			case i >= 3:
				h.Set("Retry-After", "1")
				results = append(results, `{"index":`+strconv.Itoa(i)+`,"success":false,"error":{"code":"busy","message":"no room"}}`)
			case m.Channel == "bad":
				results = append(results, `{"success":false,"error":{"code":"bad_channel","message":"no"}}`)
			default:
				*taken = append(*taken, m.Channel)
				results = append(results, `{"success":true,"seq":`+strconv.Itoa(len(*taken))+`}`)
			}
		}
		return http.StatusOK, `{"results":[` + strings.Join(results, ",") + `],"succeeded":1,"failed":2}`
	}
}

func TestPublishBatch(t *testing.T) {
	var taken []string
	publishTo(t, batchServer(t, &taken), func(t desk) {
		var batch []Publication
		for name := range strings.FieldsSeq("a b c bad d e f g") {
			batch = append(batch, Publication{Channel: name, Object: []byte(`{"type":"x"}`)})
		}
		began := time.Now()
		results, err := t.to.PublishBatch(t.Context(), batch)
		if err != nil || len(results) != len(batch) {
			t.Fatalf("%+v, %v", results, err)
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("took %v", took)
		}
		for i, r := range results {
			e, ok := errors.AsType[*protocol.Error](r.Err)
			if bad := batch[i].Channel == "bad"; ok != bad || ok && e.Code != protocol.CodeBadChannel {
				t.Errorf("result %d: %+v", i, r)
			}
		}
		if diff := cmp.Diff(strings.Fields("a b c d e f g"), taken); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if _, err := t.to.PublishBatch(t.Context(), make([]Publication, MaxBatch+1)); err == nil {
			t.Error("a batch too large is no error")
		}
	})
}

func TestPublishBatchGivesUp(t *testing.T) {
	var taken []string
	publishTo(t, batchServer(t, &taken), func(t desk) {
		t.to.opts.MaxWait = -1
		results, err := t.to.PublishBatch(t.Context(), make([]Publication, 5))
		if err != nil || len(results) != 5 || results[2].Err != nil || results[3].Err == nil || results[4].Err == nil {
			t.Errorf("%+v, %v", results, err)
		}
	})
	publishTo(t, func(_ int, _ *http.Request, _ string, _ http.Header) (int, string) {
		return http.StatusServiceUnavailable, busy
	}, func(t desk) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if results, err := t.to.PublishBatch(ctx, make([]Publication, 5)); !errors.Is(err, context.DeadlineExceeded) || results != nil {
			t.Errorf("%+v, %v", results, err)
		}
		t.to.opts.MaxWait = -1
		if _, err := t.to.PublishBatch(t.Context(), make([]Publication, 5)); err == nil {
			t.Error("a server that is always busy is no error")
		}
	})
	publishTo(t, func(_ int, _ *http.Request, _ string, _ http.Header) (int, string) {
		return http.StatusOK, `{"results":[{"success":true}]}`
	}, func(t desk) {
		_, err := t.to.PublishBatch(t.Context(), make([]Publication, 2))
		if _, ok := errors.AsType[*ProtocolError](err); !ok {
			t.Errorf("one result for two: %v", err)
		}
	})
}

func TestPublisherUnreachable(t *testing.T) {
	p, err := NewPublisher(PublisherOptions{URL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Publish(t.Context(), Publication{Channel: "c", Data: []byte("1")})
	if e, ok := errors.AsType[*UnreachableError](err); !ok || e.Error() != "cannot reach http://127.0.0.1:1: connection refused" {
		t.Errorf("error %v", err)
	}

	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then is the end of the client seen
		<-r.Context().Done()
	}))
	defer silent.Close()
	p, err = NewPublisher(PublisherOptions{URL: silent.URL, Timeout: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = p.Publish(t.Context(), Publication{Channel: "c", Data: []byte("1")}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silent server: %v", err)
	}
	for _, url := range []string{"", "ws://h", "127.0.0.1:8000", "http://", ":"} {
		if _, err := NewPublisher(PublisherOptions{URL: url}); err == nil {
			t.Errorf("url %q is no error", url)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 20, 10, 30, 0, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"": 0, "5": 5 * time.Second, "-5": 0, "soon": 0, "99999999999": maxPause,
		"Tue, 20 Jan 2026 10:30:07 GMT": 7 * time.Second, "Tue, 20 Jan 2026 10:29:00 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {in}}, now); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}
