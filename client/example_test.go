package client_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/outcry-dev/outcry"
	"github.com/outcry-dev/outcry/client"
)

func ExampleDial() {
	node, url, stop, err := launch()
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()

	c, err := client.Dial(ctx, client.Options{URL: url})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := c.Subscribe(ctx, "quotes.*"); err != nil {
		fmt.Println(err)
	}
	if _, err := node.Publish(ctx, outcry.Message{Channel: "quotes.AAPL", Data: []byte(`{"price":271.5}`)}); err != nil {
		fmt.Println(err)
	}
	for m, err := range c.Messages(ctx) {
		var quote struct {
			Data struct {
				Price float64 `json:"price"`
			} `json:"data"`
		}
		if err != nil || m.Decode(&quote) != nil {
			break
		}
		fmt.Println(m.Channel, quote.Data.Price)
		break
	}
	c.Close()
	fmt.Println(stop())
	// Output:
	// quotes.AAPL 271.5
	// <nil>
}

func ExamplePublisher() {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL.Path, r.Header.Get("X-API-Key"))
		_, _ = strings.NewReader(`{"success":true,"seq":1,"durability":"memory"}`).WriteTo(w)
	}))
	defer srv.Close()

	p, err := client.NewPublisher(client.PublisherOptions{URL: srv.URL, APIKey: "a-key"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ack, err := p.Publish(context.Background(), client.Publication{
		Channel: "quotes.AAPL",
		Object:  []byte(`{"type":"quote","symbol":"AAPL","price":271.5}`),
	})
	fmt.Println(ack.Seq, ack.Durability, err)
	// Output:
	// POST /api/v1/publish a-key
	// 1 memory <nil>
}
