package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

const (
	startWait = 20 * time.Second
	stopWait  = 20 * time.Second
	callWait  = 10 * time.Second
)

// setup says how a server is to be started.
type setup struct {
	secret string   // signs tokens; empty: development mode, open to all
	file   string   // outcry.yaml
	flags  []string // of outcry serve
}

// server is a running server process.
type server struct {
	process *os.Process
	address string
	log     string        // file
	ended   chan struct{} // closed when the process has ended
	exit    error         // how, once ended is closed
	key     string        // of the API
	http    *http.Client
}

// apiKey opens the API where it is not open to all.
const apiKey = "key-canary-4f1c9a7e21"

// start starts a server on a free port. It is stopped with the test, which
// fails if it does not end well: a data race makes it exit with another code
// than 0.
func start(t *testing.T, p setup) *server {
	t.Helper()
	dir := t.TempDir()
	s := &server{
		log: filepath.Join(dir, "log"), ended: make(chan struct{}), key: apiKey,
		http: &http.Client{Timeout: callWait, Transport: &http.Transport{MaxIdleConnsPerHost: 8}},
	}
	if p.file != "" {
		if err := os.WriteFile(filepath.Join(dir, "outcry.yaml"), []byte(p.file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.Create(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(program, append([]string{
		"serve", "--address=127.0.0.1:0", "--admin-address=", "--log-format=json", "--log-level=debug",
		"--drain-timeout=500ms", "--max-connections=6000",
	}, p.flags...)...)
	if p.secret == "" {
		cmd.Args = append(cmd.Args, "--dev")
	}
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	// gctrace prints the live heap after each collection: see heap.
	cmd.Env = []string{
		"GODEBUG=gctrace=1", "WEBSOCKET_API_KEYS=" + s.key, "WEBSOCKET_JWT_SECRET=" + p.secret,
		"WEBSOCKET_TRANSPORT=" + os.Getenv("OUTCRY_TEST_TRANSPORT"), // empty: the default
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.process = cmd.Process
	go func() {
		s.exit = cmd.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() { s.stop(t) })
	s.await(t)
	return s
}

// await waits until the server has said where it listens and admits clients.
func (s *server) await(t *testing.T) {
	t.Helper()
	serving := regexp.MustCompile(`"ws://[^/"]*(:[1-9]\d*)/ws"`)
	eventually(t, startWait, func() error {
		m := serving.FindSubmatch(s.logged(t))
		if m == nil {
			return fmt.Errorf("the server named no address:\n%s", s.logged(t))
		}
		s.address = "127.0.0.1" + string(m[1])
		return s.call(t.Context(), http.MethodGet, "/readyz", "", nil)
	})
}

// logged is what the server has logged.
func (s *server) logged(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(s.log)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// stop ends the server as an operator does.
func (s *server) stop(t *testing.T) {
	t.Helper()
	s.http.CloseIdleConnections()
	_ = s.process.Signal(syscall.SIGTERM) // fails where it has ended already
	select {
	case <-s.ended:
	case <-time.After(stopWait):
		t.Error("the server did not end")
		_ = s.process.Kill()
		<-s.ended
	}
	if s.exit != nil {
		t.Errorf("the server ended with %v:\n%s", s.exit, tail(s.logged(t)))
	}
}

// tail is the end of a log that may be long.
func tail(log []byte) []byte { return log[max(0, len(log)-8<<10):] }

// statusError is an answer of the API other than 200.
type statusError struct {
	status int
	body   string
}

func (e *statusError) Error() string { return fmt.Sprintf("answered %d: %s", e.status, e.body) }

// call makes one request. Where into is not nil the answer is decoded into it.
func (s *server) call(ctx context.Context, method, path, body string, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+s.address+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Api-Key", s.key)
	response, err := s.http.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("%s %s: %w", method, path, &statusError{response.StatusCode, string(answer)})
	case into == nil:
		return nil
	}
	return json.Unmarshal(answer, into)
}

// payloadCanary stands in every payload, so that one in the log is found.
const payloadCanary = "payload-canary-9d2b60f3"

// publish sends message n, filled up to about size bytes, to a channel.
func (s *server) publish(ctx context.Context, channel string, n, size int) error {
	return s.call(ctx, http.MethodPost, "/api/v1/publish", numbered(channel, n, size), nil)
}

// publishAll sends messages first to last in one call.
func (s *server) publishAll(ctx context.Context, channel string, first, last, size int) error {
	messages := make([]string, 0, last-first+1)
	for n := first; n <= last; n++ {
		messages = append(messages, numbered(channel, n, size))
	}
	body := `{"messages":[` + strings.Join(messages, ",") + `]}`
	return s.call(ctx, http.MethodPost, "/api/v1/publish/batch", body, nil)
}

// numbered is a publication as the API takes it.
func numbered(channel string, n, size int) string {
	filler := strings.Repeat("x", max(0, size-len(payloadCanary)))
	return fmt.Sprintf(`{"channel":%q,"data":{"n":%d,"text":%q}}`, channel, n, payloadCanary+filler)
}

// stats are the parts of /api/v1/stats that the tests look at.
type stats struct {
	Active          int  `json:"active_connections"`
	Unauthenticated int  `json:"unauthenticated"`
	Total           int  `json:"total_connections"`
	Dropped         int  `json:"messages_dropped"`
	Errors          int  `json:"errors"`
	Panics          int  `json:"panics"`
	Subscriptions   int  `json:"subscriptions"`
	Channels        int  `json:"channels"`
	QueuedMessages  int  `json:"queued_messages"`
	QueuedBytes     int  `json:"queued_bytes"`
	InFlight        int  `json:"publications_in_flight"`
	LogDropped      int  `json:"log_records_dropped"`
	Goroutines      int  `json:"goroutines"`
	Partial         bool `json:"partial"`
}

func (s *server) stats(ctx context.Context) (st stats, err error) {
	if err = s.call(ctx, http.MethodGet, "/api/v1/stats", "", &st); err == nil && st.Partial {
		err = errors.New("the stats are partial")
	}
	return st, err
}

// mustStats is stats where they cannot fail.
func (s *server) mustStats(t *testing.T) stats {
	t.Helper()
	var st stats
	eventually(t, callWait, func() (err error) {
		st, err = s.stats(t.Context())
		return err
	})
	return st
}

// subscribers lists the ids of a channel's subscribers, and checks that count
// and presence agree with the list.
func (s *server) subscribers(ctx context.Context, channel string) (map[string]bool, error) {
	ids := map[string]bool{}
	after, count := "", 0
	for {
		var page struct {
			Count       int      `json:"subscriber_count"`
			Subscribers []string `json:"subscribers"`
			Next        string   `json:"next"`
		}
		err := s.call(ctx, http.MethodGet, "/api/v1/channels/"+channel+"?limit=1000&after="+after, "", &page)
		if err != nil {
			return nil, err
		}
		for _, id := range page.Subscribers {
			ids[id] = true
		}
		if after, count = page.Next, page.Count; after == "" {
			break
		}
	}
	var present struct {
		Count int `json:"count"`
	}
	err := s.call(ctx, http.MethodGet, "/api/v1/channels/"+channel+"/presence?limit=1", "", &present)
	if err == nil && (count != len(ids) || present.Count != len(ids)) {
		err = fmt.Errorf("%s: %d listed, subscriber_count %d, %d present", channel, len(ids), count, present.Count)
	}
	return ids, err
}

// descriptors counts the open descriptors of the process.
func (s *server) descriptors() (int, error) {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.process.Pid))
	return len(entries), err
}

// collection is a line of gctrace: "… 4->5->2 MB, …", heap before, after and
// alive.
var collection = regexp.MustCompile(`(?m)^gc \d+ @.* \d+->\d+->(\d+) MB, `)

// heap has the server collect its garbage, by publishing large messages to
// nobody, and returns the megabytes that are alive. Resident memory would not
// do: the runtime gives it back late, and the race detector's never.
func (s *server) heap(ctx context.Context, t *testing.T) (int, error) {
	t.Helper()
	seen := len(s.logged(t))
	for range 1000 {
		found := collection.FindAllSubmatch(s.logged(t)[seen:], -1)
		if len(found) > 1 { // the first may have begun earlier
			return strconv.Atoi(string(found[len(found)-1][1]))
		}
		if err := s.publish(ctx, "nobody", 0, 1_000_000); err != nil {
			return 0, err
		}
	}
	return 0, errors.New("the server collects no garbage")
}

// leaks returns those of the secrets that stand in the log.
func (s *server) leaks(t *testing.T, secrets ...string) (found []string) {
	t.Helper()
	log := s.logged(t)
	for _, secret := range secrets {
		if bytes.Contains(log, []byte(secret)) {
			found = append(found, secret)
		}
	}
	return found
}
