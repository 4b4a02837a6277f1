package outcry_test

// What README.md and docs/embedding.md show of Go stands here, so that it
// compiles and runs; internal/house compares the two.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"time"

	"github.com/coder/websocket"
	jsonx "github.com/go-json-experiment/json"

	"github.com/outcry-dev/outcry"
	"github.com/outcry-dev/outcry/client"
	"github.com/outcry-dev/outcry/httpapi"
	"github.com/outcry-dev/outcry/jwtauth"
	"github.com/outcry-dev/outcry/protocol"
)

// serve blocks until ctx ends and the clients are gone.
func serve(ctx context.Context, node *outcry.Node, listener net.Listener) error {
	mux := http.NewServeMux()
	mux.Handle("/ws", node)             // the node makes the client id
	mux.Handle("/ws/{client_id}", node) // the client chooses it
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Shutdown

	err := node.Run(ctx) // drains the connections when ctx ends
	return errors.Join(err, server.Shutdown(context.WithoutCancel(ctx)))
}

func Example_readme() {
	node, err := outcry.New(outcry.Config{
		Access: outcry.Access{Insecure: true}, // no login: for trying out
	})
	if err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- serve(ctx, node, listener) }()
	awaitReady(node)

	c, err := client.Dial(ctx, client.Options{URL: "ws://" + listener.Addr().String() + "/ws/desk-1"})
	if err != nil {
		panic(err)
	}
	if _, err := c.Subscribe(ctx, "quotes.AAPL"); err != nil {
		panic(err)
	}

	_, err = node.Publish(ctx, outcry.Message{
		Channel: "quotes.AAPL",
		Object:  json.RawMessage(`{"type":"quote","symbol":"AAPL","price":189.5}`),
	})
	if err != nil {
		panic(err)
	}

	m, err := c.Receive(ctx)
	fmt.Println(m.Channel, m.Type, err)
	c.Close()
	stop()
	fmt.Println(<-done)
	// Output:
	// quotes.AAPL quote <nil>
	// <nil>
}

// tradersOnly makes a node that admits clients with a token, from one page.
func tradersOnly(secret []byte) (*outcry.Node, error) {
	tokens, err := jwtauth.New(jwtauth.Config{Secret: secret})
	if err != nil {
		return nil, err
	}
	return outcry.New(outcry.Config{
		NodeName: "n1",
		Access: outcry.Access{
			Authenticator:  tokens,
			AllowedOrigins: []string{"https://app.example.com"},
		},
		Limits: outcry.Limits{MaxConnections: 20_000},
		Timing: outcry.Timing{HeartbeatInterval: -1}, // off
		Rules: []outcry.Rule{
			{Match: "chat.*", ClientPublish: true, Presence: true},
			{Match: "orders.>", Priority: outcry.PriorityHigh, Overflow: outcry.OverflowClose},
		},
	})
}

func Example_embeddingLogin() {
	secret := []byte(strings.Repeat("k", jwtauth.MinSecret))
	node, err := tradersOnly(secret)
	if err != nil {
		panic(err)
	}
	url, stop := serveExample(node, "/ws")
	defer stop()

	ctx := context.Background()
	_, err = client.Dial(ctx, client.Options{URL: url, Token: client.StaticToken("wrong")})
	fmt.Println(err)

	token, err := jwtauth.Sign(secret, jwtauth.Claims{UserID: "alice"}, time.Hour)
	if err != nil {
		panic(err)
	}
	c, err := client.Dial(ctx, client.Options{URL: url, Token: client.StaticToken(token)})
	if err != nil {
		panic(err)
	}
	defer c.Close()
	hello := c.Established()
	fmt.Println(hello.UserID, "on", hello.Node)
	// Output:
	// server refused (401 invalid_token): the token is not valid
	// alice on n1
}

// sessions admits clients whose token is the id of a session.
type sessions map[string]outcry.Identity

// Authenticate implements outcry.Authenticator.
func (s sessions) Authenticate(_ context.Context, token string) (outcry.Identity, error) {
	id, ok := s[token]
	if !ok {
		return outcry.Identity{}, errors.New("no such session")
	}
	return id, nil
}

// privateOrders lets a user subscribe to nobody else's orders.
func privateOrders() outcry.Hooks {
	return outcry.Hooks{
		OnConnect: func(_ context.Context, c outcry.Client) (json.RawMessage, error) {
			if c.Identity.UserID == "" {
				return nil, errors.New("no user") // closes with 4503, or HTTP 403
			}
			return nil, nil
		},
		OnSubscribe: func(_ context.Context, c outcry.Client, channel string) error {
			switch {
			case !strings.HasPrefix(channel, "orders.") && !strings.ContainsAny(channel, "*>"):
				return nil
			case channel == "orders."+c.Identity.UserID:
				return nil
			}
			return &outcry.Error{Code: protocol.CodeForbidden, Message: "these are not your orders"}
		},
	}
}

func Example_embeddingHooks() {
	node, err := outcry.New(outcry.Config{
		Access: outcry.Access{Authenticator: sessions{"s-1": {UserID: "alice"}}},
		Hooks:  privateOrders(),
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	url, stop := serveExample(node, "/ws")
	defer stop()

	ctx := context.Background()
	c, err := client.Dial(ctx, client.Options{URL: url, Token: client.StaticToken("s-1")})
	if err != nil {
		panic(err)
	}
	defer c.Close()
	results, err := c.Subscribe(ctx, "orders.alice", "orders.bob", "orders.*", "quotes.AAPL")
	if err != nil {
		panic(err)
	}
	for _, r := range results {
		fmt.Println(r.Channel, r.Err)
	}
	// Output:
	// orders.alice <nil>
	// orders.bob forbidden: these are not your orders
	// orders.* forbidden: these are not your orders
	// quotes.AAPL <nil>
}

// order is what a client sends, orderResult what it gets.
type order struct {
	Symbol   string `json:"symbol"`
	Quantity int    `json:"quantity"`
}

type orderResult struct {
	Type     string `json:"type"`
	Symbol   string `json:"symbol"`
	Accepted bool   `json:"accepted"`
}

// placeOrder serves {"type":"order","symbol":"AAPL","quantity":10}.
func placeOrder(_ context.Context, r *outcry.Request) error {
	var o order
	if err := jsonx.Unmarshal(r.Raw, &o); err != nil || o.Quantity <= 0 {
		return &outcry.Error{Code: protocol.CodeBadRequest, Message: "an order has a symbol and a quantity"}
	}
	return r.Reply(orderResult{Type: "order_result", Symbol: o.Symbol, Accepted: true})
}

func Example_embeddingHandle() {
	node, err := outcry.New(outcry.Config{Access: outcry.Access{Insecure: true}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	node.Handle("order", placeOrder)
	url, stop := serveExample(node, "/realtime/ws")
	defer stop()

	ctx := context.Background()
	c, _, err := websocket.Dial(ctx, url, nil) //nolint:bodyclose // the library closes it
	if err != nil {
		panic(err)
	}
	defer c.CloseNow() //nolint:errcheck // nothing is left to lose
	for _, text := range []string{
		`{"type":"order","id":7,"symbol":"AAPL","quantity":10}`,
		`{"type":"order","id":8,"symbol":"AAPL"}`,
	} {
		if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			panic(err)
		}
	}
	for range 3 {
		_, reply, err := c.Read(ctx)
		if err != nil {
			panic(err)
		}
		if !strings.Contains(string(reply), "connection_established") {
			fmt.Println(string(reply))
		}
	}
	// Output:
	// {"type":"order_result","symbol":"AAPL","accepted":true,"id":7}
	// {"type":"error","code":"bad_request","message":"an order has a symbol and a quantity","id":8}
}

// notify sends a fill to its owner and says whether anybody got it.
func notify(ctx context.Context, node *outcry.Node, userID string, fill json.RawMessage) (reached bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	receipt, err := node.SendToUser(ctx, userID, fill)
	switch {
	case errors.Is(err, outcry.ErrBusy):
		return false, fmt.Errorf("too much is in flight, nothing was sent: %w", err)
	case err != nil:
		return false, err
	}
	return receipt.Sent > 0, nil
}

func Example_embeddingSend() {
	node, err := outcry.New(outcry.Config{
		Access: outcry.Access{Authenticator: sessions{"s-1": {UserID: "alice"}}},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	url, stop := serveExample(node, "/ws")
	defer stop()

	ctx := context.Background()
	c, err := client.Dial(ctx, client.Options{URL: url, Token: client.StaticToken("s-1")})
	if err != nil {
		panic(err)
	}
	defer c.Close()
	for _, user := range []string{"alice", "bob"} {
		reached, err := notify(ctx, node, user, json.RawMessage(`{"type":"fill","order":"o-17","quantity":100}`))
		fmt.Println(user, reached, err)
	}
	// Output:
	// alice true <nil>
	// bob false <nil>
}

// mountAPI lets holders of a key publish over HTTP.
func mountAPI(mux *http.ServeMux, node *outcry.Node, keys []string) error {
	api, err := httpapi.New(httpapi.Config{Node: node, Keys: keys})
	if err != nil {
		return err
	}
	mux.Handle("/api/", api)
	mux.Handle("/healthz", api)
	mux.Handle("/healthz/detailed", api)
	mux.Handle("/readyz", api)
	return nil
}

func Example_embeddingAPI() {
	node, err := outcry.New(outcry.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	if err := mountAPI(mux, node, []string{"a-long-random-key"}); err != nil {
		panic(err)
	}
	for _, path := range []string{"/healthz", "/readyz", "/api/v1/status"} {
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		fmt.Println(path, answer.Code)
	}
	// Output:
	// /healthz 200
	// /readyz 503
	// /api/v1/status 401
}

// serveExample runs node behind path on a free port. stop ends both.
func serveExample(node *outcry.Node, path string) (url string, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- node.Run(ctx) }()
	awaitReady(node)

	mux := http.NewServeMux()
	mux.Handle(path, node)
	mux.Handle(path+"/{client_id}", node)
	server := httptest.NewServer(mux)
	return "ws" + strings.TrimPrefix(server.URL, "http") + path, func() {
		cancel()
		if err := <-ran; err != nil {
			panic(err)
		}
		server.Close()
	}
}

// awaitReady returns when node admits clients.
func awaitReady(node *outcry.Node) {
	for node.Ready() != nil {
		runtime.Gosched()
	}
}
