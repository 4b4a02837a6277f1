package outcry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/outcry-dev/outcry/protocol"
)

// maxTokenBytes bounds a token before anybody parses it.
const maxTokenBytes = 8 << 10

// authenticate asks the Authenticator. The error is an *Error.
func (n *Node) authenticate(ctx context.Context, token string) (id Identity, err error) {
	auth := n.cfg.Access.Authenticator
	if auth == nil {
		return Identity{}, protocol.Errorf(protocol.CodeInvalidToken, "this node takes no tokens")
	}
	if len(token) > maxTokenBytes {
		return Identity{}, protocol.Errorf(protocol.CodeInvalidToken, "token of more than %d bytes", maxTokenBytes)
	}
	defer func() {
		if r := recover(); r != nil {
			n.panics.Add(1)
			n.log.Error("panic recovered", slog.String("where", "Authenticator"), slog.Any("panic", r))
			err = protocol.Errorf(protocol.CodeInternal, "internal error")
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, n.cfg.Timing.AuthTimeout)
	defer cancel()
	id, err = auth.Authenticate(ctx, token)
	switch {
	case errors.Is(err, ErrUnavailable), err != nil && ctx.Err() != nil:
		return Identity{}, &Error{Code: protocol.CodeUnavailable, Message: "tokens cannot be checked now", RetryAfter: time.Second}
	case err != nil:
		n.log.Debug("token refused", errAttr(err))
		return Identity{}, protocol.Errorf(protocol.CodeInvalidToken, "the token is not valid")
	case !id.ExpiresAt.IsZero() && !id.ExpiresAt.After(time.Now()):
		return Identity{}, protocol.Errorf(protocol.CodeInvalidToken, "the token is not valid")
	}
	if err := checkMetadata(id.Metadata); err != nil {
		return Identity{}, n.public(fmt.Errorf("authenticator: %w", err))
	}
	return id, nil
}

// onAuth serves auth: the login of a client that connected without a token, or
// the renewal of one.
func onAuth(ctx context.Context, n *Node, who *session, cmd *protocol.Command) outcome {
	token, err := cmd.Auth()
	if err != nil {
		return refusal(n, err, cmd.ID)
	}
	id, failure := n.authenticate(ctx, token)
	if failure != nil {
		e := n.public(failure)
		if !who.pending && e.Code == protocol.CodeUnavailable { // the old token is as good as it was
			return func(c *conn) { c.reply(protocol.AuthResult{Code: e.Code, Message: e.Message, ID: cmd.ID}) }
		}
		return authFailed(e, cmd.ID)
	}
	renewed := who.renewed(id, n.start)
	if who.pending || who.userID() == "" && renewed.userID() != "" {
		if failure := n.welcome(ctx, renewed, func(s *session) { renewed = s }); failure != nil {
			return authFailed(n.public(failure), cmd.ID)
		}
	}
	return func(c *conn) {
		if c.state == StateConnecting {
			c.login(renewed, cmd.ID)
		} else {
			c.renew(renewed, cmd.ID)
		}
	}
}

// authFailed tells the client and closes.
func authFailed(e *Error, id []byte) outcome {
	code := closeForRefusal(e.Code)
	return func(c *conn) {
		c.reply(protocol.AuthResult{Code: e.Code, Message: e.Message, ID: id})
		c.closeAfterFlush(code, string(e.Code))
	}
}

// closeForRefusal is the close code of a login that failed: 4501 only where
// the token was to blame.
func closeForRefusal(code protocol.Code) protocol.CloseCode {
	switch code {
	case protocol.CodeInvalidToken:
		return protocol.CloseInvalidToken
	case protocol.CodeClientIDInUse:
		return protocol.CloseClientIDInUse
	case protocol.CodeTooManyConnections:
		return protocol.CloseTooManyConnections
	case protocol.CodeDraining:
		return protocol.CloseDraining
	case protocol.CodeUnavailable:
		return protocol.CloseRestart
	case protocol.CodeInternal:
		return protocol.CloseInternal
	default:
		return protocol.CloseForbidden
	}
}

// login makes c the connection of an authenticated client, after the checks
// that accept makes of others. What may block of them runs on the executor,
// before whatever the client has sent behind its login.
func (c *conn) login(who *session, id []byte) {
	n := c.loop.node
	err := n.admitting()
	if err == nil {
		err = n.reservePlace(c)
	}
	if err != nil {
		authFailed(n.public(err), id)(c)
		return
	}
	c.doNext(job{barrier: true, always: true, serial: func(ctx context.Context, _ *session) outcome {
		err := n.claim(ctx, c, who, "")
		return func(c *conn) { c.loggedIn(who, err, id) }
	}})
}

// loggedIn ends a login.
func (c *conn) loggedIn(who *session, err error, id []byte) {
	n := c.loop.node
	switch {
	case c.state >= StateDisconnecting:
		n.ids.release(who.clientID, c)
		return
	case err != nil:
		authFailed(n.public(err), id)(c)
		return
	}
	n.unauthenticated.Add(-1)
	c.flags = c.flags&^flagPending | flagRegistered
	c.who = who
	c.reply(c.authResult(id))
	c.greet()
}

func (c *conn) authResult(id []byte) protocol.AuthResult {
	return protocol.AuthResult{Success: true, UserID: c.who.userID(), ExpiresAt: c.who.identity().ExpiresAt, ID: id}
}

// renew replaces the token of a connected client. It must be of the same user,
// or the first one of an anonymous client.
func (c *conn) renew(who *session, id []byte) {
	if c.who.userID() != "" && who.userID() != c.who.userID() {
		c.reply(protocol.AuthResult{Code: protocol.CodeInvalidToken, Message: "the token is of another user; open a new connection for it", ID: id})
		c.closeAfterFlush(protocol.CloseInvalidToken, "token of another user")
		return
	}
	if c.who.userID() == who.userID() && (who.metadata == "" || c.loop.node.cfg.Hooks.OnConnect != nil) { // the hook's stays
		who.metadata = c.who.metadata
	}
	c.become(who)
	c.flags &^= flagWarned
	c.reply(c.authResult(id))
	for _, ch := range who.channels() {
		if c.find(ch) < 0 {
			c.subscribe(ch, joiner{})
		}
	}
	c.loop.wheel.set(c, c.loop.now)
}

// become gives c another session, and makes its presence and its internal
// channels those of it.
func (c *conn) become(who *session) {
	old := c.who
	c.who = who
	if old.userID() != who.userID() {
		for i := range c.subs {
			if s := &c.subs[i]; s.pos != notLive && s.topic.recordsPresence() {
				p := c.loop.node.cfg.Presence
				p.Leave(s.topic.name, Member{old.clientID, old.userID()})
				p.Join(s.topic.name, Member{who.clientID, who.userID()})
			}
		}
		c.join(who.private)
	}
	c.regroup()
}

// regroup makes c's group channels those of its session.
func (c *conn) regroup() {
	groups := c.loop.node.groups.of(c.who)
	want := make(map[string]bool, len(groups))
	for _, g := range groups {
		want[prefixGroup+g] = true
		c.join(prefixGroup + g)
	}
	for _, s := range slices.Clone(c.subs) {
		if name := s.topic.name; strings.HasPrefix(name, prefixGroup) && !want[name] {
			c.end(c.find(name))
		}
	}
}
