package faults

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/outcry-dev/outcry/test/process"
)

// TestDrain covers case 78: after SIGTERM the node is not ready, all clients
// are told to move and are closed with 4005 one after the other, each with
// every message published until then; a call that was under way is answered;
// the process ends in time and well; and a second SIGTERM changes nothing.
func TestDrain(t *testing.T) {
	const (
		channel = "drain"
		crowd   = 2000
		window  = 3 * time.Second
		bound   = window + 10*time.Second // the last queues, requests under way, a busy machine
	)
	s := start(t, setup{flags: []string{"--drain-timeout=" + window.String()}})
	w := observe(t, s, "")
	f := connect(t, s, "moving", crowd, nil)
	f.subscribe(t, channel)
	p := publishTo(t, s, channel, 100*time.Millisecond)
	f.reach(t, 20*time.Second, view{live: true, last: 1})
	call := beginPublish(t, s, "elsewhere")

	began := time.Now()
	s.signal(t)
	process.Eventually(t, 5*time.Second, func() error {
		r, ok := errors.AsType[*statusError](s.call(t.Context(), http.MethodGet, "/readyz", "", nil))
		if !ok || r.status != http.StatusServiceUnavailable {
			return errors.New("/readyz is not 503")
		}
		return nil
	})
	s.signal(t)
	a, ok := errors.AsType[*refusalError](newClient("late", 1).open(t.Context(), s.address))
	if !ok || a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("a newcomer while draining: %+v", a)
	}
	if got := call.finish(t); got != http.StatusOK {
		t.Errorf("the publish under way was answered %d", got)
	}
	last := p.end(t) // while there are connections it is served
	f.reach(t, bound, view{ended: true})
	select {
	case <-s.Ended:
	case <-time.After(bound):
		t.Fatal("the server did not end")
	}
	took := time.Since(began)
	if s.Exit != nil || took < window*8/10 || took > bound {
		t.Errorf("the server ended after %v, want %v to %v, with %v", took, window, bound, s.Exit)
	}
	checkMoved(t, f, last, window)
	f.faultless(t)
	if v := w.control.view(); v.code != 4005 || !v.reconnect {
		t.Errorf("control client: closed with %d, told to reconnect %v", v.code, v.reconnect)
	}
	if found := s.leaks(t, w.secrets...); len(found) > 0 {
		t.Errorf("the log tells %q", found)
	}
}

// signal asks the server to end.
func (s *server) signal(t *testing.T) {
	t.Helper()
	if err := s.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// checkMoved checks that all were told to reconnect and closed with 4005, and
// that the closes were spread over the window: the middle eight tenths of them
// took at least a third of it.
func checkMoved(t *testing.T, f *fleet, last int, window time.Duration) {
	t.Helper()
	var ends []time.Time
	for _, c := range f.clients {
		v := c.view()
		if v.code != 4005 || !v.reconnect || v.last == 0 || v.last > last || v.lost > 0 {
			t.Fatalf("%s: closed with %d, told to reconnect %v, message %d of %d, %d lost",
				c.id, v.code, v.reconnect, v.last, last, v.lost)
		}
		ends = append(ends, v.at)
	}
	slices.SortFunc(ends, time.Time.Compare)
	if spread := ends[len(ends)*9/10].Sub(ends[len(ends)/10]); spread < window/3 {
		t.Errorf("most closes came within %v of %v", spread, window)
	}
}

// publishing is an API call of which half has been sent.
type publishing struct {
	*client
	rest string
}

func beginPublish(t *testing.T, s *server, channel string) *publishing {
	t.Helper()
	c := newClient("api", 3)
	if err := c.dial(t.Context(), s.address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.drop)
	body := fmt.Sprintf(`{"channel":%q,"data":%q}`, channel, payloadCanary)
	head := fmt.Sprintf("POST /api/v1/publish HTTP/1.1\r\nHost: outcry\r\nX-Api-Key: %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n", s.key, len(body))
	if _, err := io.WriteString(c.conn, head+body[:len(body)/2]); err != nil {
		t.Fatal(err)
	}
	return &publishing{c, body[len(body)/2:]}
}

// finish sends the rest and returns the status of the answer.
func (p *publishing) finish(t *testing.T) int {
	t.Helper()
	if _, err := io.Copy(p.conn, strings.NewReader(p.rest)); err != nil {
		t.Fatal(err)
	}
	if err := p.conn.SetReadDeadline(time.Now().Add(callWait)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(p.conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
