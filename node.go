package outcry

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/outcry-dev/outcry/protocol"
)

// Node is one process's engine: an http.Handler for WebSocket connections and
// the door to everything that is published. It is safe for concurrent use.
type Node struct{}

// New validates cfg and returns a Node that admits nobody until Run.
func New(cfg Config) (*Node, error) { panic("skeleton") }

// Run starts the Loops and blocks until ctx ends and every connection has been
// drained. It may be called once.
func (n *Node) Run(ctx context.Context) error { panic("skeleton") }

// ServeHTTP upgrades GET /ws and GET /ws/{client_id}. The id is taken from
// r.PathValue("client_id"), else from what follows the last "ws/" of the path.
func (n *Node) ServeHTTP(w http.ResponseWriter, r *http.Request) { panic("skeleton") }

// Handle registers a custom message type. It panics on a built-in or doubled
// type and after Run.
func (n *Node) Handle(msgType string, h Handler) { panic("skeleton") }

// Name returns the node's name.
func (n *Node) Name() string { panic("skeleton") }

// Ready returns nil when the node admits clients, else why not.
func (n *Node) Ready() error { panic("skeleton") }

// Publish sends m to its channel. Blocks while the node has no room, until ctx ends: ErrBusy.
func (n *Node) Publish(ctx context.Context, m Message) (Ack, error) { panic("skeleton") }

// SendToChannel is Publish that waits up to one second for the count of
// connections on this node.
func (n *Node) SendToChannel(ctx context.Context, m Message) (Ack, Receipt, error) { panic("skeleton") }

// SendToClient sends object to one client of this node.
func (n *Node) SendToClient(ctx context.Context, clientID string, object json.RawMessage) (Receipt, error) {
	panic("skeleton")
}

// SendToUser sends object to every connection of a user.
func (n *Node) SendToUser(ctx context.Context, userID string, object json.RawMessage) (Receipt, error) {
	panic("skeleton")
}

// SendToGroup sends object to every connection of a group's users.
func (n *Node) SendToGroup(ctx context.Context, group string, object json.RawMessage) (Receipt, error) {
	panic("skeleton")
}

// Broadcast sends object to every connection.
func (n *Node) Broadcast(ctx context.Context, object json.RawMessage) (Receipt, error) {
	panic("skeleton")
}

// Subscribe subscribes a client of this node. ErrNotFound, or an *Error.
func (n *Node) Subscribe(ctx context.Context, clientID, channel string) error { panic("skeleton") }

// Unsubscribe ends a client's subscription; the client gets subscription_lost.
func (n *Node) Unsubscribe(ctx context.Context, clientID, channel string) error { panic("skeleton") }

// SubscribeUser subscribes every connection of a user on this node; it returns how many.
func (n *Node) SubscribeUser(ctx context.Context, userID, channel string) (int, error) { panic("skeleton") }

// UnsubscribeUser is the reverse of SubscribeUser.
func (n *Node) UnsubscribeUser(ctx context.Context, userID, channel string) (int, error) { panic("skeleton") }

// Disconnect closes a client's connection. ErrNotFound: no such client here.
func (n *Node) Disconnect(ctx context.Context, clientID string, code protocol.CloseCode, reason string) error {
	panic("skeleton")
}

// DisconnectUser closes every connection of a user on this node; it returns how many.
func (n *Node) DisconnectUser(ctx context.Context, userID string, code protocol.CloseCode, reason string) (int, error) {
	panic("skeleton")
}

// AddToGroup makes a user a member; its connections receive what is sent to the group.
func (n *Node) AddToGroup(ctx context.Context, group, userID string) error { panic("skeleton") }

// RemoveFromGroup is the reverse of AddToGroup.
func (n *Node) RemoveFromGroup(ctx context.Context, group, userID string) error { panic("skeleton") }

// GroupUsers returns the members added with AddToGroup, sorted, and those whose token names the group and who are connected here.
func (n *Node) GroupUsers(ctx context.Context, group string) ([]string, error) { panic("skeleton") }

// Stats sums the counters of all Loops.
func (n *Node) Stats(ctx context.Context) (Stats, error) { panic("skeleton") }

// Client describes a client of this node. ErrNotFound.
func (n *Node) Client(ctx context.Context, clientID string) (ClientInfo, error) { panic("skeleton") }

// Clients lists clients by id.
func (n *Node) Clients(ctx context.Context, p Page) ([]ClientInfo, error) { panic("skeleton") }

// Channel describes a channel with its subscribers on this node.
func (n *Node) Channel(ctx context.Context, name string) (ChannelInfo, error) { panic("skeleton") }

// Channels lists channels with subscribers by name, without their ClientIDs.
func (n *Node) Channels(ctx context.Context, p Page) ([]ChannelInfo, error) { panic("skeleton") }

// Users lists users with connections by id.
func (n *Node) Users(ctx context.Context, p Page) ([]UserInfo, error) { panic("skeleton") }

// Members returns who is present on a channel whose rule records presence, else an *Error.
func (n *Node) Members(ctx context.Context, channel string) ([]Member, error) { panic("skeleton") }

// History reads a channel's log. ErrNoHistory.
func (n *Node) History(ctx context.Context, channel string, q HistoryQuery) (HistoryPage, error) {
	panic("skeleton")
}
