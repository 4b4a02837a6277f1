package outcry

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/protocol"
)

// ticker publishes numbered messages of some size and counts them.
type ticker struct {
	r       *rig
	channel string
	pad     string
	n       int
}

func (k *ticker) publish(t *testing.T, times int) {
	t.Helper()
	for range times {
		k.n++
		object := fmt.Sprintf(`{"type":"tick","n":%d,"pad":%q}`, k.n, k.pad)
		if _, err := k.r.Publish(context.Background(), Message{Channel: k.channel, Object: []byte(object)}); err != nil {
			t.Error(err)
			return
		}
	}
}

// ledger follows the numbers of one channel as one client is told of them.
type ledger struct {
	seen, lost int
	last       int // the last number that was published
}

// enter takes a tick or a gap; what a gap counts must be just what is missing.
func (l *ledger) enter(o object) error {
	if o.str("type") == "gap" {
		n, _ := o["lost"].(float64)
		if n < 1 {
			return fmt.Errorf("gap %v", o)
		}
		l.seen += int(n)
		l.lost += int(n)
		return nil
	}
	n, _ := o["n"].(float64)
	if int(n) != l.seen+1 {
		return fmt.Errorf("tick %v after %d", n, l.seen)
	}
	l.seen++
	return nil
}

// books are the ledgers of a client, by channel.
type books map[string]*ledger

func (b books) complete() bool {
	for _, l := range b {
		if l.seen < l.last {
			return false
		}
	}
	return true
}

// follow reads at most so many ticks and gaps, until the books are complete.
func (c *client) follow(b books, most int) error {
	for ; most > 0 && !b.complete(); most-- {
		op, payload, err := c.next()
		if err != nil || op != ws.OpText {
			return fmt.Errorf("frame %v %q, %w", op, payload, err)
		}
		o := decode(c.t, string(payload))
		l := b[o.str("channel")]
		if l == nil {
			return fmt.Errorf("message %v", o)
		}
		if err := l.enter(o); err != nil {
			return fmt.Errorf("%s: %w", o.str("channel"), err)
		}
	}
	return nil
}

// Case 54: what waits for a reader that has stopped is bounded in messages and
// in bytes; when it returns it is told exactly what it lost, where it was lost.
func TestStoppedReader(t *testing.T) {
	for name, tc := range map[string]struct {
		queue    Queue
		size     int
		messages int // at most so many wait
		bytes    int
	}{
		"by messages": {Queue{Messages: 50}, 200, 50, 50 * 300},
		"by bytes":    {Queue{Messages: 10_000, Bytes: 16 << 10, InFlightBytes: 1 << 20}, 1000, 16, 16 << 10},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := quiet()
			cfg.Queue = tc.queue
			cfg.Limits.MaxMessageSize = 2048
			onBoth(t, cfg, func(t *testing.T, r *rig) {
				c := r.connect("/ws")
				c.subscribe("q")
				k := &ticker{r: r, channel: "q", pad: strings.Repeat("x", tc.size)}
				eventually(t, "the socket refuses", func() bool {
					k.publish(t, 10)
					return r.refuses(c.id)
				})
				for range 30 {
					k.publish(t, 60)
					eventually(t, "the queue is within its limits", func() bool { // not while the socket is just busy
						k.publish(t, 1)
						s, err := r.Stats(t.Context())
						return err == nil && s.QueuedMessages <= tc.messages && s.QueuedBytes <= tc.bytes+flushChunk
					})
				}
				book := &ledger{last: k.n}
				if err := c.follow(books{"q": book}, k.n); err != nil {
					t.Fatal(err)
				}
				s, err := r.Stats(t.Context())
				if err != nil || book.lost == 0 || s.Dropped != uint64(book.lost) {
					t.Errorf("told of %d losses, %d were counted, %v", book.lost, s.Dropped, err)
				}
				_ = c.conn.Close()
			})
		})
	}
}

// refuses reports whether a client's socket has taken nothing for so long that
// its queue is held to its bounds.
func (r *rig) refuses(clientID string) bool {
	c := r.ids.find(clientID)
	refuses, err := askOne(context.Background(), c, func() bool {
		return c.out != nil && c.out.blocked != 0 && c.loop.now-c.out.blocked >= busyGrace
	})
	return refuses && err == nil
}

// Case 54: where a rule says so, a full queue closes.
func TestStoppedReaderCloses(t *testing.T) {
	cfg := quiet()
	cfg.Queue.Messages = 20
	cfg.Rules = []Rule{{Match: "must.>", Overflow: OverflowClose}}
	onBoth(t, cfg, func(t *testing.T, r *rig) {
		c := r.connect("/ws/slow")
		c.subscribe("must.a")
		k := &ticker{r: r, channel: "must.a", pad: strings.Repeat("x", 4000)}
		for range 1000 {
			k.publish(t, 1)
			if _, err := r.Client(t.Context(), "slow"); err != nil {
				break // its id is free at once
			}
		}
		if reason := c.wantClose(4003); reason == "" {
			t.Error("no reason")
		}
		_ = c.conn.Close()
		if k.n == 1000 {
			t.Error("the queue never was full")
		}
	})
}

// farewells records what OnDisconnect is told.
type farewells struct {
	mu    sync.Mutex
	codes []protocol.CloseCode
	at    []time.Time
}

func (f *farewells) hook(_ context.Context, _ Client, code protocol.CloseCode, _ string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.codes = append(f.codes, code)
	f.at = append(f.at, time.Now())
}

// want checks that exactly one client has gone, when and why.
func (f *farewells) want(t *testing.T, code protocol.CloseCode, low, high time.Time) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.codes) != 1 || f.codes[0] != code || f.at[0].Before(low) || f.at[0].After(high) {
		t.Errorf("farewells %v at %v, want one %d between %v and %v", f.codes, f.at, code, low, high)
	}
}

// A client that takes nothing for write_timeout is closed with 4003; if it
// reads again it learns why, otherwise it is cut off a second later.
func TestWriteTimeout(t *testing.T) {
	for name, returns := range map[string]bool{"reads again": true, "never reads": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var gone farewells
				cfg := quiet()
				cfg.Timing.PingInterval, cfg.Timing.ConnectionTimeout = -1, time.Hour
				cfg.Hooks.OnDisconnect = gone.hook
				r := startPipe(t, cfg)
				defer r.stop()
				c := r.connect("/ws/slow")
				c.subscribe("q")
				k := &ticker{r: r, channel: "q"}
				k.publish(t, 1) // the driver takes it
				time.Sleep(slack)
				began := time.Now()
				k.publish(t, 10)
				time.Sleep(10*time.Second + slack)
				synctest.Wait()
				gone.want(t, 4003, began.Add(10*time.Second), began.Add(10*time.Second+slack))
				if returns {
					time.Sleep(800 * time.Millisecond)
					c.wantClose(4003)
					return
				}
				time.Sleep(closeWait*time.Millisecond + slack)
				synctest.Wait()
				if _, err := c.conn.Write([]byte{0}); err == nil {
					t.Error("the connection is still open")
				}
			})
		})
	}
}

// Over TCP likewise: a full kernel buffer counts as nothing taken.
func TestWriteTimeoutTCP(t *testing.T) {
	var gone farewells
	cfg := quiet()
	cfg.Timing.WriteTimeout = 200 * time.Millisecond
	cfg.Hooks.OnDisconnect = gone.hook
	r := start(t, cfg)
	control := r.connect("/ws/control")
	before := measure(r)
	c := r.connect("/ws/slow")
	c.subscribe("q")
	began := time.Now()
	(&ticker{r: r, channel: "q", pad: strings.Repeat("x", 4000)}).publish(t, 500)
	eventually(t, "the client is gone", func() bool { return r.active.Load() == 1 })
	eventually(t, "its socket is closed", func() bool { // the client's end is left
		return measure(r).files <= before.files+1
	})
	gone.want(t, 4003, began.Add(200*time.Millisecond), time.Now())
	_ = c.conn.Close()
	settled(t, r, control, before)
}

// Case 55: a reader of one byte a second is closed as one that does not read.
func TestTricklingReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gone farewells
		cfg := quiet()
		cfg.Timing.PingInterval, cfg.Timing.ConnectionTimeout = -1, time.Hour
		cfg.Hooks.OnDisconnect = gone.hook
		r := startPipe(t, cfg)
		defer r.stop()
		c := r.connect("/ws/slow")
		c.subscribe("q")
		k := &ticker{r: r, channel: "q", pad: strings.Repeat("x", 500)}
		k.publish(t, 1) // the driver takes it
		time.Sleep(slack)
		began := time.Now()
		k.publish(t, 10)
		read := 0
		for b := make([]byte, 1); ; read++ {
			_ = c.conn.SetReadDeadline(time.Now().Add(time.Minute))
			if _, err := c.conn.Read(b); err != nil {
				break
			}
			time.Sleep(time.Second)
		}
		if d := time.Since(began); d < 11*time.Second || d > 12*time.Second+slack {
			t.Errorf("the end came after %v, want 11 seconds", d)
		}
		gone.want(t, 4003, began.Add(10*time.Second), began.Add(10*time.Second+slack))
		if read > 14 {
			t.Errorf("%d bytes read", read)
		}
	})
}

// countingPresence counts joins and leaves.
type countingPresence struct {
	*memoryPresence
	joins, leaves atomic.Int32
}

func (p *countingPresence) Join(channel string, m Member) {
	p.joins.Add(1)
	p.memoryPresence.Join(channel, m)
}

func (p *countingPresence) Leave(channel string, m Member) {
	p.leaves.Add(1)
	p.memoryPresence.Leave(channel, m)
}

// Case 56: where nothing passes in either direction, the client is gone within
// ping_interval and ping_timeout, and it leaves once, whether there was
// something to write to it or not.
func TestDeadPeer(t *testing.T) {
	for name, busy := range map[string]bool{"idle": false, "subscribed": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var gone farewells
				presence := &countingPresence{memoryPresence: newMemoryPresence()}
				cfg := open()
				cfg.Presence, cfg.Hooks.OnDisconnect = presence, gone.hook
				r := startPipe(t, cfg)
				defer r.stop()
				c := r.connect("/ws/dead")
				c.subscribe("room")
				began := time.Now()
				for range 40 {
					if busy {
						(&ticker{r: r, channel: "room"}).publish(t, 1)
					}
					time.Sleep(time.Second)
				}
				code := protocol.ClosePingTimeout
				if busy {
					code = protocol.CloseSlowConsumer // a write was stuck before a ping was
				}
				gone.want(t, code, began.Add(10*time.Second), began.Add(30*time.Second+slack))
				if presence.joins.Load() != 1 || presence.leaves.Load() != 1 {
					t.Errorf("%d joins, %d leaves", presence.joins.Load(), presence.leaves.Load())
				}
				if n := r.toChannel("room", 1); n != 0 {
					t.Errorf("%d subscribers are left", n)
				}
			})
		})
	}
}

// Case 57: stalled readers, one in a hundred, take nothing from the others,
// and a payload is held once however many wait for it.
func TestStalledAmongMany(t *testing.T) {
	const subscribers, stalled, rounds = 5000, 50, 30
	l := newBareLoop(t, Config{Queue: Queue{Messages: 10}, Timing: Timing{FlushWindow: -1}})
	socks := make([]*fakeSocket, subscribers)
	conns := make([]*conn, subscribers)
	for i := range socks {
		socks[i] = &fakeSocket{room: -1}
		if i%(subscribers/stalled) == 0 {
			socks[i].room = 3
		}
		conns[i] = attach(l, socks[i])
		enter(conns[i], "q")
	}
	for i := range rounds {
		l.inbox.publish(publication("q", fmt.Sprintf(`{"n":%d}`, i)))
		l.turn()
		for _, c := range conns {
			if i == 0 && c.out != nil { // the stalled ones refuse, they are not just busy
				c.out.blocked = mark(c.out.blocked - 2*busyGrace)
			}
		}
	}
	var held []byte
	for i, s := range socks {
		if s.room < 0 {
			if got := s.texts(t); len(got) != rounds || got[rounds-1] != fmt.Sprintf(`{"n":%d}`, rounds-1) {
				t.Fatalf("subscriber %d got %d messages", i, len(got))
			}
			continue
		}
		o := conns[i].out
		if o == nil || o.count != 10 {
			t.Fatalf("stalled subscriber %d: %+v", i, o)
		}
		last := o.lanes[laneNormal].items[len(o.lanes[laneNormal].items)-1].frame
		if held == nil {
			held = last
		}
		if &held[0] != &last[0] {
			t.Fatalf("subscriber %d holds a payload of its own", i)
		}
	}
	if l.count.dropped != stalled*(rounds-1-10) {
		t.Errorf("%d dropped", l.count.dropped)
	}
}

// Case 57 over sockets: the others read every message while one in a hundred
// does not read at all.
func TestStalledSockets(t *testing.T) {
	const readers, stalled, rounds, perRound = 99, 1, 5, 40
	cfg := quiet()
	cfg.Queue.Messages = 50
	r := start(t, cfg)
	control := r.connect("/ws/control")
	before := measure(r)
	clients := make([]*client, readers+stalled)
	for i := range clients {
		clients[i] = r.connect("/ws")
		clients[i].subscribe("q")
	}
	k := &ticker{r: r, channel: "q", pad: strings.Repeat("x", 4000)}
	for round := 0; round < rounds || r.dropped() == 0 && round < maxRounds; round++ { // no faster than the slowest of the readers
		first := k.n + 1
		k.publish(t, perRound)
		var all sync.WaitGroup
		for i, c := range clients[:readers] {
			all.Go(func() {
				if err := c.readTicks(first, k.n); err != nil {
					t.Errorf("reader %d: %v", i, err)
				}
			})
		}
		all.Wait()
	}
	if r.dropped() == 0 {
		t.Error("nothing was dropped")
	}
	for _, c := range clients {
		_ = c.conn.Close()
	}
	settled(t, r, control, before)
}

// maxRounds ends a test in which nothing is ever dropped. It takes some rounds
// until a socket that takes nothing counts as refusing.
const maxRounds = 2000

// dropped is the node's count of dropped publications.
func (r *rig) dropped() uint64 {
	s, err := r.Stats(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return s.Dropped
}

// readTicks reads the ticks of these numbers, and nothing else.
func (c *client) readTicks(first, last int) error {
	for n := first; n <= last; n++ {
		_, payload, err := c.next()
		if err != nil {
			return err
		}
		if !bytes.Contains(payload[:min(100, len(payload))], fmt.Appendf(nil, `"type":"tick","n":%d,`, n)) {
			return fmt.Errorf("got %.100q, want tick %d", payload, n)
		}
	}
	return nil
}

// tardyBroker takes two seconds for a publication.
type tardyBroker struct{ *memoryBroker }

func (b tardyBroker) Publish(ctx context.Context, p *Publication) (Ack, error) {
	time.Sleep(2 * time.Second)
	return b.memoryBroker.Publish(ctx, p)
}

// Case 58: while the broker is slow, clients that leave are freed at once; no
// goroutine is kept per message.
func TestSlowBrokerFreesSockets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const clients, each = 50, 10
		cfg := quiet()
		cfg.Broker = tardyBroker{newMemoryBroker()}
		r := startPipe(t, cfg)
		defer r.stop()
		base := runtime.NumGoroutine()
		for range clients {
			c := r.connect("/ws")
			c.subscribe("q")
			for i := range each {
				c.send(`{"type":"publish","channel":"q","data":%d}`, i)
			}
		}
		synctest.Wait()
		if n := runtime.NumGoroutine() - base; n > 5*clients {
			t.Errorf("%d goroutines for %d clients", n, clients)
		}
		for _, id := range r.ids.ids() {
			if err := r.Disconnect(t.Context(), id, 1000, ""); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if s, err := r.Stats(t.Context()); err != nil || s.ActiveConnections != 0 || s.Subscriptions != 0 || s.InFlight != clients {
			t.Errorf("stats %+v, %v", s, err)
		}
		time.Sleep(5 * time.Second) // one publication of each was under way
		synctest.Wait()
		eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= base })
		if s, err := r.Stats(t.Context()); err != nil || s.InFlight != 0 {
			t.Errorf("stats %+v, %v", s, err)
		}
	})
}

// Case 59: connections end in every way there is while messages are written to
// them.
func TestEndsUnderFire(t *testing.T) {
	ends := map[string]func(r *rig, c *client){
		"reset in mid-frame": func(_ *rig, c *client) {
			c.raw(masked(fin|0x1, `{"type":"ping"}`)[:9])
			_ = c.conn.(*net.TCPConn).SetLinger(0)
			_ = c.conn.Close()
		},
		"close frame": func(_ *rig, c *client) { c.raw(masked(fin|0x8, "\x03\xe8")) },
		"close frame, then reset": func(_ *rig, c *client) {
			c.raw(masked(fin|0x8, ""))
			_ = c.conn.(*net.TCPConn).SetLinger(0)
			_ = c.conn.Close()
		},
		"half close":                 func(_ *rig, c *client) { _ = c.conn.(*net.TCPConn).CloseWrite() },
		"error, and no reading":      func(_ *rig, c *client) { c.raw(masked(fin|0x2, "x")) },
		"disconnect, and no reading": func(r *rig, c *client) { _ = r.Disconnect(context.Background(), c.id, 4000, "enough") },
		"disconnect and reset": func(r *rig, c *client) {
			_ = c.conn.(*net.TCPConn).SetLinger(0)
			_ = r.Disconnect(context.Background(), c.id, 1000, "")
			_ = c.conn.Close()
		},
	}
	r := start(t, quiet())
	control := r.connect("/ws/control")
	before := measure(r)
	ctx, cease := context.WithCancel(t.Context())
	var fire sync.WaitGroup
	for range 2 {
		fire.Go(func() {
			object := fmt.Sprintf(`{"type":"tick","pad":%q}`, strings.Repeat("x", 3000))
			for ctx.Err() == nil {
				_, _ = r.Publish(ctx, Message{Channel: "q", Object: []byte(object)})
			}
		})
	}
	var clients []*client
	for range 4 {
		for name, end := range ends {
			c := r.connect("/ws")
			c.send(`{"type":"subscribe","channel":"q"}`) // the answer is not read
			eventually(t, name+": a backlog", func() bool {
				full, err := askOne(ctx, r.ids.find(c.id), func() bool {
					c := r.ids.find(c.id)
					return c != nil && c.out != nil && c.out.blocked != 0 && c.out.count > 0
				})
				return full && err == nil
			})
			end(r, c)
			clients = append(clients, c)
		}
	}
	ended := time.Now()
	eventually(t, "all are gone", func() bool { return r.connections() == 1 })
	if d := time.Since(ended); d > 5*time.Second {
		t.Errorf("freed after %v", d)
	}
	cease()
	fire.Wait()
	for _, c := range clients {
		_ = c.conn.Close()
	}
	settled(t, r, control, before)
}

// Case 60: the counter of drops is the sum of what clients were told.
func TestDropsAreTold(t *testing.T) {
	cfg := quiet()
	cfg.Queue.Messages = 30
	r := start(t, cfg)
	control := r.connect("/ws/control")
	before := measure(r)
	channels := []string{"a", "b", "c"}
	tickers := make([]*ticker, len(channels))
	for i, name := range channels {
		tickers[i] = &ticker{r: r, channel: name, pad: strings.Repeat("x", 1500)}
	}
	clients, kept := make([]*client, 5), make([]books, 5)
	for i := range clients {
		clients[i], kept[i] = r.connect("/ws"), books{}
		for _, name := range channels {
			clients[i].subscribe(name)
			kept[i][name] = &ledger{}
		}
	}
	read := func(i, most int) {
		if err := clients[i].follow(kept[i], most); err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
	}
	for round := 0; round < 12 || r.dropped() == 0 && round < maxRounds; round++ {
		for i, k := range tickers {
			k.publish(t, 20+10*i)
			for _, b := range kept {
				b[k.channel].last = k.n
			}
		}
		for i := range clients { // each reads some, the first nothing
			read(i, (round+i)%4*15*i)
		}
	}
	var told uint64
	for i, c := range clients {
		read(i, 1<<20)
		for _, l := range kept[i] {
			told += uint64(l.lost)
		}
		_ = c.conn.Close()
	}
	if s, err := r.Stats(t.Context()); err != nil || told == 0 || s.Dropped != told {
		t.Errorf("clients were told of %d drops, %d were counted, %v", told, s.Dropped, err)
	}
	settled(t, r, control, before)
}
