package outcry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/coder/websocket"

	"github.com/outcry-dev/outcry"
	"github.com/outcry-dev/outcry/client"
	"github.com/outcry-dev/outcry/protocol"
)

// trial is a running node whose tokens are the names of users.
type trial struct {
	*outcry.Node
	url  string
	stop func()
}

// tryOut makes and runs a node; prepare is called before it runs.
func tryOut(cfg outcry.Config, prepare ...func(*outcry.Node)) *trial {
	cfg.Access.Authenticator, cfg.Logger = names{}, slog.New(slog.DiscardHandler)
	node, err := outcry.New(cfg)
	if err != nil {
		panic(err)
	}
	for _, p := range prepare {
		p(node)
	}
	url, stop := serveExample(node, "/ws")
	return &trial{node, url, stop}
}

// connect logs a user in with a client id.
func (x *trial) connect(id, user string) *client.Client {
	c, err := client.Dial(context.Background(), client.Options{URL: x.url + "/" + id, Token: client.StaticToken(user), NoReconnect: true})
	if err != nil {
		panic(err)
	}
	return c
}

// ask connects, sends one command and returns the answer.
func (x *trial) ask(user, command string) string {
	ctx := context.Background()
	c, _, err := websocket.Dial(ctx, x.url+"?token="+user, nil) //nolint:bodyclose // the library closes it
	if err != nil {
		panic(err)
	}
	defer c.CloseNow() //nolint:errcheck // nothing is left to lose
	_, _, greeting := c.Read(ctx)
	sent := c.Write(ctx, websocket.MessageText, []byte(command))
	_, answer, err := c.Read(ctx)
	if err := errors.Join(greeting, sent, err); err != nil {
		panic(err)
	}
	return string(answer)
}

// names is an Authenticator that takes a token for the name of a user.
type names struct{}

func (names) Authenticate(_ context.Context, token string) (outcry.Identity, error) {
	return outcry.Identity{UserID: token}, nil
}

// next returns the next message of c, but for its timestamp.
func next(c *client.Client) string {
	m, err := c.Receive(context.Background())
	if err != nil {
		panic(err)
	}
	text, _, _ := strings.Cut(string(m.Raw), `,"timestamp"`)
	return strings.TrimSuffix(text, "}") + "}"
}

func ExampleNew() {
	_, err := outcry.New(outcry.Config{
		Limits: outcry.Limits{MaxChannels: -1},
		Rules:  []outcry.Rule{{Match: "quotes.>.last"}},
	})
	fmt.Println(err)
	// Output:
	// outcry: Limits.MaxChannels -1: allowed are 1 to 1048576
	// Config.Rules[0]: pattern "quotes.>.last": pattern has ">" before its last segment
}

// A node is an http.Handler: it can be mounted anywhere, and answers what is no
// WebSocket handshake with a JSON error.
func ExampleNode_ServeHTTP() {
	node := tryOut(outcry.Config{})
	defer node.stop()
	mux := http.NewServeMux()
	mux.Handle("/live/ws/{client_id}", node.Node)

	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/live/ws/desk-1", nil))
	fmt.Println(answer.Code, answer.Body)
	// Output:
	// 426 {"error":{"code":"upgrade_required","message":"this is a WebSocket endpoint; connect with a WebSocket client"}}
}

// Run blocks until its context ends, and drains the connections.
func ExampleNode_Run() {
	node, err := outcry.New(outcry.Config{Access: outcry.Access{Insecure: true}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	fmt.Println(node.Ready())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- node.Run(ctx) }()
	awaitReady(node)
	fmt.Println(node.Ready())
	cancel()
	fmt.Println(<-done)
	// Output:
	// outcry: node is not running
	// <nil>
	// <nil>
}

func ExampleNode_Publish() {
	node := tryOut(outcry.Config{})
	defer node.stop()
	c := node.connect("desk-1", "alice")
	defer c.Close()
	ctx := context.Background()
	if _, err := c.Subscribe(ctx, "quotes.*"); err != nil {
		panic(err)
	}

	ack, err := node.Publish(ctx, outcry.Message{Channel: "quotes.AAPL", Object: json.RawMessage(`{"type":"quote","price":187.2}`)})
	fmt.Println(ack.Durability, err)
	fmt.Println(next(c))
	_, err = node.Publish(ctx, outcry.Message{Channel: "quotes.AAPL", Event: "halt", Data: json.RawMessage(`{"until":"10:30"}`)})
	fmt.Println(err)
	fmt.Println(next(c))
	_, err = node.Publish(ctx, outcry.Message{Channel: "quotes.*", Data: json.RawMessage(`1`)})
	fmt.Println(err)
	// Output:
	// memory <nil>
	// {"type":"quote","price":187.2,"channel":"quotes.AAPL"}
	// <nil>
	// {"type":"message","channel":"quotes.AAPL","data":{"until":"10:30"},"event":"halt"}
	// bad_channel: channel name has '*' in it; allowed are letters and digits of any script and . _ : / @ -
}

func ExampleNode_SendToUser() {
	node := tryOut(outcry.Config{})
	defer node.stop()
	desk, phone := node.connect("desk", "alice"), node.connect("phone", "alice")
	defer desk.Close()
	defer phone.Close()

	receipt, err := node.SendToUser(context.Background(), "alice", json.RawMessage(`{"type":"fill","order":"o-17"}`))
	fmt.Println(receipt.Sent, err)
	fmt.Println(next(desk))
	fmt.Println(next(phone))
	// Output:
	// 2 <nil>
	// {"type":"fill","order":"o-17"}
	// {"type":"fill","order":"o-17"}
}

func ExampleNode_AddToGroup() {
	node := tryOut(outcry.Config{})
	defer node.stop()
	c := node.connect("desk", "alice")
	defer c.Close()
	ctx := context.Background()
	if err := node.AddToGroup(ctx, "traders", "alice"); err != nil {
		panic(err)
	}

	receipt, err := node.SendToGroup(ctx, "traders", json.RawMessage(`{"type":"notice","text":"auction at 15:20"}`))
	fmt.Println(receipt.Sent, err)
	fmt.Println(next(c))
	users, err := node.GroupUsers(ctx, "traders")
	fmt.Println(users, err)
	// Output:
	// 1 <nil>
	// {"type":"notice","text":"auction at 15:20"}
	// [alice] <nil>
}

// The server subscribes clients, looks at them and closes them.
func ExampleNode_Subscribe() {
	node := tryOut(outcry.Config{})
	defer node.stop()
	c := node.connect("desk", "alice")
	defer c.Close()
	ctx := context.Background()

	fmt.Println(node.Subscribe(ctx, "desk", "orders.alice"))
	info, err := node.Client(ctx, "desk")
	fmt.Println(info.UserID, info.Channels, info.State, err)
	channels, err := node.Channels(ctx, outcry.Page{})
	fmt.Println(channels[0].Name, channels[0].Subscribers, err)
	fmt.Println(node.Disconnect(ctx, "desk", protocol.CloseForbidden, "account closed"))
	fmt.Println(node.Subscribe(ctx, "nobody", "orders.alice"))
	// Output:
	// <nil>
	// alice [orders.alice] connected <nil>
	// orders.alice 1 <nil>
	// <nil>
	// outcry: no such client
}

func ExampleNode_Stats() {
	node := tryOut(outcry.Config{})
	defer node.stop()
	c := node.connect("desk", "alice")
	defer c.Close()
	if _, err := c.Subscribe(context.Background(), "a", "b"); err != nil {
		panic(err)
	}

	s, err := node.Stats(context.Background())
	fmt.Println(s.ActiveConnections, s.Subscriptions, s.Channels, s.UsersWithConns, err)
	// Output: 1 2 2 1 <nil>
}

// A custom message type, with a reply that carries the request's id.
func ExampleNode_Handle() {
	node := tryOut(outcry.Config{}, func(node *outcry.Node) {
		node.Handle("margin", func(_ context.Context, r *outcry.Request) error {
			if r.Client.Identity.UserID != "alice" {
				return protocol.Errorf(protocol.CodeForbidden, "no margin account")
			}
			return r.Reply(map[string]any{"type": "margin_result", "free": 1200})
		})
	})
	defer node.stop()

	for _, user := range []string{"alice", "bob"} {
		fmt.Println(node.ask(user, `{"type":"margin","id":7}`))
	}
	// Output:
	// {"free":1200,"type":"margin_result","id":7}
	// {"type":"error","code":"forbidden","message":"no margin account","id":7}
}

// Hooks see a connection come, act and go, and may refuse what it asks for.
func ExampleHooks() {
	gone := make(chan string, 1)
	node := tryOut(outcry.Config{Hooks: outcry.Hooks{
		OnSubscribe: func(_ context.Context, c outcry.Client, channel string) error {
			if channel != "orders."+c.Identity.UserID {
				return protocol.Errorf(protocol.CodeForbidden, "these orders are somebody else's")
			}
			return nil
		},
		OnDisconnect: func(_ context.Context, c outcry.Client, code protocol.CloseCode, _ string) {
			gone <- fmt.Sprint(c.ID, " left: ", code)
		},
	}})
	defer node.stop()
	c := node.connect("desk", "alice")

	subscriptions, err := c.Subscribe(context.Background(), "orders.alice", "orders.bob")
	for _, s := range subscriptions {
		fmt.Println(s.Channel, s.Err)
	}
	fmt.Println(err)
	c.Close()
	fmt.Println(<-gone)
	// Output:
	// orders.alice <nil>
	// orders.bob forbidden: these orders are somebody else's
	// <nil>
	// desk left: normal
}

// Rules say what may be done on channels: the first that matches counts.
func ExampleRule() {
	node := tryOut(outcry.Config{Rules: []outcry.Rule{
		{Match: "chat.announcements", Presence: true},
		{Match: "chat.*", ClientPublish: true},
		{Match: "orders.>", Priority: outcry.PriorityHigh, Overflow: outcry.OverflowClose},
	}})
	defer node.stop()
	c := node.connect("desk", "alice")
	defer c.Close()
	ctx := context.Background()
	if _, err := c.Subscribe(ctx, "chat.announcements"); err != nil {
		panic(err)
	}

	for _, channel := range []string{"chat.general", "chat.announcements", "orders.alice"} {
		_, err := c.Publish(ctx, client.Publication{Channel: channel, Data: json.RawMessage(`"hello"`)})
		fmt.Println(channel, err)
	}
	members, err := node.Members(ctx, "chat.announcements")
	fmt.Println(members, err)
	// Output:
	// chat.general <nil>
	// chat.announcements publish to chat.announcements: forbidden: clients may not publish to this channel
	// orders.alice publish to orders.alice: forbidden: clients may not publish to this channel
	// [{desk alice}] <nil>
}
