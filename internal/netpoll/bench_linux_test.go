package netpoll

import (
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// frame is what the benchmarks send: a small publication.
var frame = noise(132, 1)

// peers are the two ends of connected TCP sockets, outside of any driver.
type peers struct {
	servers []net.Conn
	clients []int // descriptors
}

func newPeers(b *testing.B, n int) *peers {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	p := &peers{}
	for range n {
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		server, err := l.Accept()
		if err != nil {
			b.Fatal(err)
		}
		fd, err := duplicate(client, 0)
		if err != nil {
			b.Fatal(err)
		}
		client.Close()
		b.Cleanup(func() { unix.Close(fd) })
		p.servers, p.clients = append(p.servers, server), append(p.clients, fd)
	}
	return p
}

// drain reads what the clients have got, with the clock stopped.
func (p *peers) drain(b *testing.B, buf []byte) {
	b.Helper()
	b.StopTimer()
	for _, fd := range p.clients {
		for {
			if n, err := receiveNow(fd, buf); n == 0 || err != nil {
				break
			}
		}
	}
	b.StartTimer()
}

// addAll gives the server ends to a driver.
func (p *peers) addAll(b *testing.B, poll Poller) []Socket {
	b.Helper()
	var socks []Socket
	for i, conn := range p.servers {
		s, err := poll.Add(conn, slotted(Token(i)))
		if err != nil {
			b.Fatal(err)
		}
		socks = append(socks, s)
	}
	return socks
}

// BenchmarkSend sends one frame to each of some sockets, by the driver and by
// bare system calls: the difference is what the driver costs.
func BenchmarkSend(b *testing.B) {
	for _, conns := range []int{1, 1000} {
		b.Run("epoll/"+strconv.Itoa(conns), func(b *testing.B) {
			p := newPeers(b, conns)
			poll, err := NewEpoll(Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer poll.Close()
			socks := p.addAll(b, poll)
			p.rounds(b, func(i int) (int, error) { return socks[i].Send(frame) })
		})
		b.Run("sendto/"+strconv.Itoa(conns), func(b *testing.B) {
			p := newPeers(b, conns)
			fds := make([]int, conns)
			for i, conn := range p.servers {
				fd, err := duplicate(conn, 0)
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { unix.Close(fd) })
				conn.Close()
				fds[i] = fd
			}
			p.rounds(b, func(i int) (int, error) { return sendNow(fds[i], frame) })
		})
	}
}

// rounds measures sends to all peers, one after the other.
func (p *peers) rounds(b *testing.B, send func(i int) (int, error)) {
	b.Helper()
	buf := make([]byte, 64<<10)
	i, sent := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		if n, err := send(i); n != len(frame) || err != nil {
			b.Fatal(n, err)
		}
		if i++; i == len(p.servers) {
			i = 0
		}
		if sent++; sent%(100*len(p.servers)) == 0 {
			p.drain(b, buf)
		}
	}
}

// BenchmarkEcho has one goroutine play both sides: a frame to the server, one
// turn of the Loop, a frame back. The floor is the system calls alone.
func BenchmarkEcho(b *testing.B) {
	b.Run("epoll", func(b *testing.B) {
		p := newPeers(b, 1)
		poll, err := NewEpoll(Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer poll.Close()
		sock := p.addAll(b, poll)[0]
		handle := func(ev Event) {
			if _, err := sock.Send(ev.Data); err != nil {
				b.Error(err)
			}
		}
		p.echo(b, func() { poll.Wait(time.Time{}, handle) })
	})
	b.Run("system calls", func(b *testing.B) {
		p := newPeers(b, 1)
		fd, err := duplicate(p.servers[0], 0)
		if err != nil {
			b.Fatal(err)
		}
		defer unix.Close(fd)
		p.servers[0].Close()
		buf := make([]byte, MaxRead)
		p.echo(b, func() {
			n, err := receiveNow(fd, buf)
			if err == nil {
				_, err = sendNow(fd, buf[:n])
			}
			if err != nil {
				b.Error(err)
			}
		})
	})
}

func (p *peers) echo(b *testing.B, turn func()) {
	b.Helper()
	buf := make([]byte, 1024)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sendNow(p.clients[0], frame); err != nil {
			b.Fatal(err)
		}
		turn()
		if n, err := receiveNow(p.clients[0], buf); n != len(frame) || err != nil {
			b.Fatal(n, err)
		}
	}
}

// BenchmarkRoundTrip is an echo between a Loop that parks and a client that
// does.
func BenchmarkRoundTrip(b *testing.B) {
	for name, d := range map[string]Driver{"epoll": EpollOnly, "goroutine": GoroutineOnly, "auto": Auto} {
		b.Run(name, func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			client, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer client.Close()
			server, err := l.Accept()
			if err != nil {
				b.Fatal(err)
			}
			poll, err := New(Options{Driver: d})
			if err != nil {
				b.Fatal(err)
			}
			sock, err := poll.Add(server, 1)
			if err != nil {
				b.Fatal(err)
			}
			var end atomic.Bool
			var loop sync.WaitGroup
			var rest []byte
			handle := func(ev Event) {
				rest = append(rest, ev.Data...)
				n, _ := sock.Send(rest) // the goroutine driver may still be writing
				rest = rest[:copy(rest, rest[n:])]
				sock.WantWrite(len(rest) > 0)
			}
			loop.Go(func() {
				for !end.Load() {
					poll.Wait(time.Time{}, handle)
				}
				poll.Close()
			})
			buf := make([]byte, len(frame))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.Write(frame); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(client, buf); err != nil {
					b.Fatal(err)
				}
			}
			end.Store(true)
			poll.Wake()
			loop.Wait()
		})
	}
}

// BenchmarkWake measures from Wake to the return of a Wait that is parked, with
// the process idle and with every thread busy; "eventfd" is what Wake could be
// instead.
func BenchmarkWake(b *testing.B) {
	one := binary.NativeEndian.AppendUint64(nil, 1)
	for _, busy := range []int{0, 2 * runtime.GOMAXPROCS(0)} {
		load := "idle"
		if busy > 0 {
			load = "busy"
		}
		b.Run("epoll/"+load, func(b *testing.B) {
			benchmarkWake(b, busy, func(p *Epoll) func() { return p.Wake })
		})
		b.Run("eventfd/"+load, func(b *testing.B) {
			benchmarkWake(b, busy, func(p *Epoll) func() {
				fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { unix.Close(fd) })
				if err := p.park.control(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN|unix.EPOLLET, 1); err != nil {
					b.Fatal(err)
				}
				return func() {
					if _, err := unix.Write(fd, one); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func benchmarkWake(b *testing.B, busy int, waker func(p *Epoll) func()) {
	b.Helper()
	p, err := NewEpoll(Options{})
	if err != nil {
		b.Fatal(err)
	}
	wake := waker(p)
	var end atomic.Bool
	var all sync.WaitGroup
	for range busy {
		all.Go(func() {
			for !end.Load() {
				for start := time.Now(); time.Since(start) < 100*time.Microsecond; {
					continue
				}
				runtime.Gosched()
			}
		})
	}
	woken := make(chan time.Time)
	all.Go(func() {
		for {
			p.Wait(time.Time{}, func(Event) {})
			if end.Load() {
				return
			}
			woken <- time.Now()
		}
	})
	var total time.Duration
	n := 0
	for b.Loop() {
		start := time.Now()
		for time.Since(start) < 20*time.Microsecond { // for the Loop to park
			runtime.Gosched()
		}
		start = time.Now()
		wake()
		total += (<-woken).Sub(start)
		n++
	}
	b.ReportMetric(float64(total.Nanoseconds())/float64(n), "ns/wake")
	end.Store(true)
	wake()
	all.Wait()
	if err := p.Close(); err != nil {
		b.Error(err)
	}
}
