package floor

import (
	"errors"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// readSize is the most that one read takes, in bytes.
const readSize = 64 << 10

// poll is one epoll descriptor and the sockets in it. add and stop may be
// called by any goroutine.
type poll struct {
	epoll, wake int

	mu      sync.Mutex
	clients map[int32]*client // guarded by mu
}

func newPoll() (*poll, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, errors.Join(os.NewSyscallError("eventfd", err), unix.Close(epoll))
	}
	p := &poll{epoll: epoll, wake: wake, clients: map[int32]*client{}}
	if err := p.watch(wake); err != nil {
		return nil, errors.Join(err, unix.Close(epoll), unix.Close(wake))
	}
	return p, nil
}

func (p *poll) watch(fd int) error {
	e := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &e))
}

func (p *poll) add(c *client) error {
	p.mu.Lock()
	p.clients[int32(c.fd)] = c
	p.mu.Unlock()
	return p.watch(c.fd)
}

// client returns the one of a descriptor, nil where it has gone.
func (p *poll) client(fd int32) *client {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.clients[fd]
}

func (p *poll) remove(fd int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.clients, fd)
}

// stop ends read.
func (p *poll) stop() {
	var one [8]byte
	one[0] = 1
	_, _ = unix.Write(p.wake, one[:]) // an eventfd takes it
}

// read serves the sockets until stop, and closes them.
func (h *Hub) read() {
	events := make([]unix.EpollEvent, 256)
	buf := make([]byte, readSize)
	for {
		n, err := unix.EpollWait(h.poll.epoll, events, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			h.end()
			return
		}
		for _, e := range events[:max(0, n)] {
			if int(e.Fd) == h.poll.wake {
				h.end()
				return
			}
			if c := h.poll.client(e.Fd); c != nil {
				h.serve(c, buf)
			}
		}
	}
}

// serve reads from a socket once.
func (h *Hub) serve(c *client, buf []byte) {
	n, err := unix.Read(c.fd, buf)
	switch {
	case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR):
	case err != nil || n == 0 || c.hear(h, buf[:n]) != nil:
		h.drop(c)
	}
}

// drop ends a connection.
func (h *Hub) drop(c *client) {
	for _, channel := range c.channels {
		h.topics.Remove(channel, c)
	}
	h.poll.remove(int32(c.fd))
	h.open.Lock()
	defer h.open.Unlock()
	_ = unix.Close(c.fd) // the descriptor is gone, whatever it says
}

// end drops everybody and closes the poll.
func (h *Hub) end() {
	h.poll.mu.Lock()
	clients := h.poll.clients
	h.poll.clients = map[int32]*client{}
	h.poll.mu.Unlock()
	for _, c := range clients {
		h.drop(c)
	}
	_ = unix.Close(h.poll.wake)
	_ = unix.Close(h.poll.epoll)
}
