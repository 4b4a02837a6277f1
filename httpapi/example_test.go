package httpapi_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"

	"github.com/outcry-dev/outcry"
	"github.com/outcry-dev/outcry/httpapi"
)

func Example() {
	node, err := outcry.New(outcry.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- node.Run(ctx) }()

	api, err := httpapi.New(httpapi.Config{Node: node, Keys: []string{"a-long-random-key"}})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(api)
	defer server.Close()
	for node.Ready() != nil {
		runtime.Gosched()
	}

	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/api/v1/publish",
		strings.NewReader(`{"channel":"quotes.AAPL","message":{"type":"quote","price":189.5},"message_id":"q-1"}`))
	if err != nil {
		panic(err)
	}
	req.Header.Set("X-API-Key", "a-long-random-key")
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		panic(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	fmt.Println(res.Status, string(body), err)

	stop()
	fmt.Println(<-done)
	// Output:
	// 200 OK {"success":true,"channel":"quotes.AAPL","message_id":"q-1","seq":0,"cursor":"","duplicate":false,"durability":"memory"} <nil>
	// <nil>
}
