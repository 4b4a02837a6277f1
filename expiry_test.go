package outcry

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

// shortLived is a Config whose tokens are the user's name and the seconds they
// live, "u/300". Nothing but the token ends a connection.
func shortLived() Config {
	return Config{
		Access: Access{Authenticator: authFunc(func(_ context.Context, token string) (Identity, error) {
			user, life, _ := strings.Cut(token, "/")
			seconds, err := strconv.Atoi(life)
			return Identity{UserID: user, ExpiresAt: time.Now().Add(time.Duration(seconds) * time.Second)}, err
		})},
		Timing: Timing{PingInterval: -1, HeartbeatInterval: -1, ConnectionTimeout: maxInterval, WriteTimeout: maxInterval},
	}
}

// at checks that as much time has passed as it should have.
func at(t *testing.T, began time.Time, want time.Duration) {
	t.Helper()
	if got := time.Since(began); got < want || got > want+20*time.Millisecond {
		t.Errorf("after %v, want %v", got, want)
	}
}

// Case 35: an idle client is warned, and closed a little after the expiry.
func TestTokenExpires(t *testing.T) {
	for life, warned := range map[int]time.Duration{
		300:    240 * time.Second,
		120:    60 * time.Second,
		20:     10 * time.Second, // half of it, where all of it is shorter than the warning
		172800: 172740 * time.Second,
	} {
		t.Run(fmt.Sprint(life, " s"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := startPipe(t, shortLived())
				r.wait = maxInterval
				defer r.stop()
				began := time.Now()
				c := r.connect(fmt.Sprintf("/ws?token=u/%d", life))
				expires := began.Add(time.Duration(life) * time.Second)
				o := c.want("token_expiring")
				at(t, began, warned)
				if got, err := time.Parse(time.RFC3339Nano, o.str("expires_at")); err != nil || expires.Sub(got).Abs() > time.Millisecond {
					t.Errorf("expires_at: %v, want %v", o, expires)
				}
				if reason := c.wantClose(4002); reason != "token_expired" {
					t.Errorf("reason %q", reason)
				}
				at(t, began, time.Until(expires)+time.Since(began)+10*time.Second)
			})
		})
	}
}

// A renewal moves the expiry, and the next warning with it.
func TestTokenRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, shortLived())
		defer r.stop()
		c := r.connect("/ws?token=u/120")
		for range 3 {
			began := time.Now()
			c.want("token_expiring")
			c.send(`{"type":"auth","token":"u/120"}`)
			if o := c.want("auth_result"); o["success"] != true || o["expires_at"] == nil {
				t.Fatal(o)
			}
			at(t, began, time.Minute)
		}
		began := time.Now()
		c.send(`{"type":"auth","token":"u/30"}`) // earlier is possible too
		c.want("auth_result")
		c.want("token_expiring")
		at(t, began, 15*time.Second)
		c.wantClose(4002)
		at(t, began, 40*time.Second)
	})
}

// Case 35: the warning overtakes what waits for a slow reader, and the close
// does not wait for it.
func TestTokenExpiresOnFullQueue(t *testing.T) {
	cfg := shortLived()
	cfg.Queue.Messages = 10
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, cfg)
		defer r.stop()
		began := time.Now()
		c := r.connect("/ws?token=u/120")
		ctx, cancel := context.WithCancel(t.Context())
		var publisher sync.WaitGroup
		defer publisher.Wait()
		defer cancel()
		object := []byte(`{"type":"news","text":"` + strings.Repeat("x", 8<<10) + `"}`)
		publisher.Go(func() {
			for ctx.Err() == nil {
				_, _ = r.SendToUser(ctx, "u", object)
				time.Sleep(100 * time.Millisecond)
			}
		})
		warned, gaps := false, 0
		for {
			time.Sleep(500 * time.Millisecond)
			op, payload, err := c.next()
			if err != nil {
				t.Fatalf("read: %v", err)
			}
			if op == ws.OpClose {
				if code, reason := ws.ParseCloseFrameData(payload); code != 4002 {
					t.Errorf("close %d %s", code, reason)
				}
				break
			}
			warned = warned || strings.Contains(string(payload), `"token_expiring"`)
			gaps += strings.Count(string(payload), `"gap"`)
		}
		if d := time.Since(began); !warned || gaps == 0 || d < 130*time.Second || d > 132*time.Second {
			t.Errorf("warned %t, %d gaps (the queue was not full if none), closed after %v", warned, gaps, d)
		}
	})
}

// Case 35: a client that does not read at all is cut off all the same.
func TestTokenExpiresOnStalledClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startPipe(t, shortLived())
		defer r.stop()
		began := time.Now()
		r.connect("/ws?token=u/120")
		for r.active.Load() > 0 && time.Since(began) < time.Hour {
			_, _ = r.SendToUser(t.Context(), "u", []byte(`{"type":"news"}`))
			time.Sleep(10 * time.Millisecond)
		}
		at(t, began, 130*time.Second)
	})
}

// A token that expires in the year 9999 does not expire now.
func TestFarExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := secured()
		cfg.Access.Authenticator = authFunc(func(context.Context, string) (Identity, error) {
			return Identity{UserID: "u", ExpiresAt: time.Unix(253402300799, 0)}, nil
		})
		r := startPipe(t, cfg)
		defer r.stop()
		time.Sleep(15 * time.Second)
		c := r.connect("/ws/c?token=u")
		time.Sleep(15 * time.Second)
		c.send(`{"type":"ping"}`)
		c.want("pong")
	})
}
