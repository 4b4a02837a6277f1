package outcry

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"github.com/outcry-dev/outcry/protocol"
)

// handshakeTimeout bounds the writing of the 101 answer.
const handshakeTimeout = 5 * time.Second

// subprotocol is the name of the JSON encoding.
const subprotocol = "outcry.v1.json"

// ServeHTTP upgrades GET /ws and GET /ws/{client_id} to a client connection
// and returns when the Loop has it; the handler's goroutine is not needed any
// further. The client id is r.PathValue("client_id"), else what follows the
// last "/ws/" of the path, so that the node can be mounted under any prefix. A
// request that is refused is answered with a JSON error and its HTTP status.
//
// Origin, identity, client id and limits are settled before the upgrade.
func (n *Node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, err := n.examine(r)
	if err != nil {
		n.refuseUpgrade(w, r, err)
		return
	}
	c, err := n.prepare(r.Context(), a)
	if err != nil {
		n.refuseUpgrade(w, r, err)
		return
	}
	a.transfer.apply(c)
	if err := n.upgrade(w, r, c, a.transfer.extensions); err != nil {
		n.giveBack(c)
		n.log.Debug("upgrade", slog.String("remote", a.remote), errAttr(err))
	}
}

// applicant is what a request says about a client that wants to connect.
type applicant struct {
	clientID string
	chosen   bool // the client chose its id
	token    string
	secret   string // session secret of an earlier connection
	remote   string
	transfer transfer
}

// examine checks everything about a request that needs no look at others.
func (n *Node) examine(r *http.Request) (applicant, error) {
	if err := n.admitting(); err != nil {
		return applicant{}, err
	}
	if err := checkHandshake(r); err != nil {
		return applicant{}, err
	}
	if err := n.cfg.Transport.carries(r); err != nil {
		return applicant{}, err
	}
	if err := n.checkHost(r); err != nil {
		return applicant{}, err
	}
	if err := n.checkOrigin(r); err != nil {
		return applicant{}, err
	}
	a := applicant{remote: n.remoteAddr(r)}
	var err error
	if a.clientID, a.chosen, err = clientID(r); err != nil {
		return a, err
	}
	query := r.URL.Query()
	a.secret = query.Get("session")
	if a.transfer, err = n.transfer(r, query); err != nil {
		return a, err
	}
	a.token, err = n.token(r, query)
	return a, err
}

// admitting says why no client is admitted now.
func (n *Node) admitting() error {
	switch {
	case n.draining.Load():
		return &Error{Code: protocol.CodeDraining, Message: "this node is shutting down, connect to another", RetryAfter: time.Second}
	case !n.running.Load():
		return &Error{Code: protocol.CodeUnavailable, Message: "this node is not running yet", RetryAfter: time.Second}
	}
	return nil
}

// clientID takes the id from the path, or makes one.
func clientID(r *http.Request) (id string, chosen bool, err error) {
	id = r.PathValue("client_id")
	if id == "" {
		if i := strings.LastIndex(r.URL.Path, "/ws/"); i >= 0 {
			id = r.URL.Path[i+len("/ws/"):]
		}
	}
	if id == "" {
		var b [4]byte
		rand.Read(b[:]) // never fails (crypto/rand)
		return "ws_" + hex.EncodeToString(b[:]) + "_" + strconv.FormatInt(time.Now().Unix(), 10), false, nil
	}
	if e := protocol.CheckClientID(id); e != nil {
		return "", true, e
	}
	return strings.Clone(id), true, nil
}

// prepare authenticates the applicant, and reserves its place and its id.
func (n *Node) prepare(ctx context.Context, a applicant) (*conn, error) {
	var who Identity
	switch {
	case a.token != "":
		var err error
		if who, err = n.authenticate(ctx, a.token); err != nil {
			return nil, err
		}
	case !n.cfg.Access.Insecure:
		return n.prepareUnknown(a)
	}
	c := &conn{loop: n.nextLoop(), who: newSession(a.clientID, a.remote, who, n.start)}
	if err := n.reservePlace(c); err != nil {
		return nil, err
	}
	if err := n.claim(ctx, c, c.who, a.secret); err != nil {
		n.giveBack(c)
		return nil, err
	}
	c.flags |= flagRegistered
	if err := n.welcome(ctx, c.who, func(s *session) { c.who = s }); err != nil {
		n.giveBack(c)
		return nil, err
	}
	return c, nil
}

// prepareUnknown reserves a place for a client that has yet to log in.
func (n *Node) prepareUnknown(a applicant) (*conn, error) {
	if n.cfg.Access.Authenticator == nil {
		return nil, protocol.Errorf(protocol.CodeUnauthenticated, "this node admits nobody: it has neither an authenticator nor anonymous access")
	}
	if !takeOne(&n.unauthenticated, n.cfg.Limits.MaxUnauthenticated) {
		return nil, &Error{Code: protocol.CodeTooManyConnections, Message: "too many connections are logging in", RetryAfter: time.Second}
	}
	c := &conn{loop: n.nextLoop(), who: newSession(a.clientID, a.remote, Identity{}, n.start)}
	c.who.pending = true
	c.flags |= flagPending
	return c, nil
}

// reservePlace takes one of max_connections for c.
func (n *Node) reservePlace(c *conn) error {
	if !takeOne(&n.active, n.cfg.Limits.MaxConnections) {
		return &Error{Code: protocol.CodeTooManyConnections, Message: "this node is full", RetryAfter: 5 * time.Second}
	}
	c.flags |= flagReserved
	return nil
}

// giveBack returns what c had reserved.
func (n *Node) giveBack(c *conn) {
	if c.flags.has(flagReserved) {
		n.active.Add(-1)
	}
	if c.flags.has(flagPending) {
		n.unauthenticated.Add(-1)
	}
	if c.flags.has(flagRegistered) {
		n.ids.release(c.who.clientID, c)
	}
	c.flags &^= flagReserved | flagPending | flagRegistered
}

// welcome calls OnConnect, and set with the session it leads to. A panic in
// the hook refuses the client.
func (n *Node) welcome(ctx context.Context, who *session, set func(*session)) (err error) {
	hook := n.cfg.Hooks.OnConnect
	if hook == nil {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			n.panics.Add(1)
			n.log.Error("panic recovered", slog.String("where", "OnConnect"), slog.Any("conn", who), slog.Any("panic", r))
			err = protocol.Errorf(protocol.CodeInternal, "internal error")
		}
	}()
	metadata, err := hook(ctx, who.client())
	if err != nil {
		return n.denied(err)
	}
	if err := checkMetadata(metadata); err != nil {
		return n.public(fmt.Errorf("OnConnect: %w", err))
	}
	if metadata != nil {
		renewed := *who
		renewed.metadata = string(metadata)
		set(&renewed)
	}
	return nil
}

// takeOne adds one to c unless that would exceed limit, not even for a moment:
// a place that has just come free must not be refused because others were.
func takeOne(c *atomic.Int64, limit int) bool {
	for {
		taken := c.Load()
		if taken >= int64(limit) {
			return false
		}
		if c.CompareAndSwap(taken, taken+1) {
			return true
		}
	}
}

// nextLoop spreads connections evenly.
func (n *Node) nextLoop() *loop { return n.loops[uint64(n.next.Add(1))%uint64(len(n.loops))] }

// upgrade answers 101 and gives the connection to its Loop.
func (n *Node) upgrade(w http.ResponseWriter, r *http.Request, c *conn, extensions string) error {
	up := ws.HTTPUpgrader{Timeout: handshakeTimeout, Protocol: func(p string) bool { return p == subprotocol }}
	if extensions != "" {
		up.Header = http.Header{"Sec-WebSocket-Extensions": {extensions}}
	}
	nc, rw, _, err := up.Upgrade(checked(r), w)
	if err != nil {
		if nc != nil {
			err = errors.Join(err, nc.Close())
		}
		return err
	}
	var early []byte
	if k := rw.Reader.Buffered(); k > 0 {
		peeked, _ := rw.Peek(k) // what is buffered cannot fail
		early = append(early, peeked...)
	}
	if !c.loop.inbox.post(func(l *loop) { l.admit(c, nc, early) }) {
		return errors.Join(ErrNotRunning, nc.Close())
	}
	return nil
}

// checked is what the upgrader has to see of a request that checkHandshake has
// passed. It looks at the first line of a header only, where others may hold
// the token.
func checked(r *http.Request) *http.Request {
	h := http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}}
	for _, name := range []string{"Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Protocol"} {
		for _, v := range r.Header[name] {
			h[name] = append(h[name], string(spaced(v)))
		}
	}
	return &http.Request{Method: r.Method, ProtoMajor: r.ProtoMajor, ProtoMinor: r.ProtoMinor, Host: r.Host, Header: h}
}

// refuseUpgrade answers a request that is not upgraded.
func (n *Node) refuseUpgrade(w http.ResponseWriter, r *http.Request, err error) {
	e := n.public(err)
	status := e.Code.HTTPStatus()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Connection", "close") // what follows on this connection may be frames
	switch status {
	case http.StatusUpgradeRequired:
		h.Set("Sec-WebSocket-Version", "13")
		h.Set("Upgrade", "websocket")
	case http.StatusMethodNotAllowed:
		h.Set("Allow", http.MethodGet)
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="outcry"`)
	}
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((e.RetryAfter+time.Second-1)/time.Second)))
	}
	w.WriteHeader(status)
	if _, err := w.Write(append(e.AppendBody(nil), '\n')); err != nil {
		n.log.Debug("answering a refused upgrade", slog.String("remote", r.RemoteAddr), errAttr(err))
	}
}
