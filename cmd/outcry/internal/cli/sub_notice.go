package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/outcry-dev/outcry/client"
	"github.com/outcry-dev/outcry/protocol"
)

// notices tells on standard error what is not a message: the state of the
// connection, and those of the server's messages that mean loss.
type notices struct {
	w     io.Writer
	paint paint
}

func (n *notices) say(format string, args ...any) {
	fmt.Fprintln(n.w, n.paint.dim(printable(fmt.Sprintf(format, args...))))
}

func (n *notices) warn(format string, args ...any) {
	fmt.Fprintln(n.w, n.paint.red(printable(fmt.Sprintf(format, args...))))
}

// state implements client.Options.OnState. The last state is the command's
// error and told as such.
func (n *notices) state(e client.Event) {
	switch e.State {
	case client.Connected:
		n.say("connected as %s", e.Established.ClientID)
	case client.Disconnected:
		n.warn("disconnected: %v; next attempt in %v", e.Err, e.Retry.Round(100*time.Millisecond))
	default:
	}
}

// control tells of a message of the server's own. Heartbeats and the like are
// left out.
func (n *notices) control(m client.Message) {
	var f struct {
		Lost    uint64 `json:"lost"`
		Reason  string `json:"reason"`
		Message string `json:"message"`
	}
	if m.Decode(&f) != nil {
		return
	}
	switch m.Type {
	case protocol.TypeGap:
		n.warn("%s: %d messages lost (%s)", m.Channel, f.Lost, f.Reason)
	case protocol.TypeResync:
		n.warn("%s: position lost (%s); what follows does not join what came before", m.Channel, f.Reason)
	case protocol.TypeSubscriptionLost:
		n.warn("%s: the server ended the subscription (%s)", m.Channel, f.Reason)
	case protocol.TypeSubscriptionResult:
		n.warn("%s: not subscribed again (%s)", m.Channel, f.Message)
	case protocol.TypeError:
		n.warn("error: %s", f.Message)
	case protocol.TypeDegraded:
		n.warn("the server may miss publications (%s)", f.Reason)
	case protocol.TypeRestored:
		n.say("the server sees all publications again")
	case protocol.TypeTokenExpiring:
		n.warn("the token expires soon")
	case protocol.TypeReconnect:
		n.say("the server asks for a new connection (%s)", f.Reason)
	}
}
