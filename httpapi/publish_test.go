package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/outcry-dev/outcry"
)

func TestPublish(t *testing.T) {
	s := start(t, nil)
	p := s.connect("reader", "")
	p.subscribe("시세/AAPL")
	tests := []struct {
		name, body string
		parts      []string
	}{
		{
			"message", `{"channel":"시세/AAPL","message":{"type":"quote","price":189.5,"timestamp":"t0"}}`,
			[]string{`"type":"quote"`, `"price":189.5`, `"timestamp":"t0"`, `"channel":"시세/AAPL"`},
		},
		{
			"data", `{"channel":"시세/AAPL","data":[1,null],"event":"trade","key":"AAPL"}`,
			[]string{`"type":"message"`, `"data":[1,null]`, `"event":"trade"`},
		},
		{"null data", `{"channel":"시세/AAPL","data":null}`, []string{`"data":null`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.want(200, "", "POST", "/api/v1/publish", tt.body)
			p.read(tt.parts...)
		})
	}
	t.Run("answer", func(t *testing.T) {
		s.want(200, `{"success":true,"channel":"c","message_id":"m-1","seq":0,"cursor":"","duplicate":false,"durability":"memory"}`,
			"POST", "/api/v1/publish", `{"channel":"c","data":1,"message_id":"m-1"}`)
	})
	t.Run("refused", func(t *testing.T) {
		s.want(400, `{"error":{"code":"bad_channel","message":"/channel: channel name starts with @; such names are internal"}}`,
			"POST", "/api/v1/publish", `{"channel":"@all","data":1}`)
	})
}

// TestPublishTooLarge: the node's limit is named.
func TestPublishTooLarge(t *testing.T) {
	s := start(t, func(n *outcry.Config, _ *Config) { n.Limits.MaxMessageSize = 4096 })
	a := s.want(413, "", "POST", "/api/v1/publish", `{"channel":"c","data":"`+strings.Repeat("x", 20_000)+`"}`)
	if a.code() != "too_large" || !strings.Contains(a.body, "4096") {
		t.Errorf("got %s", a.body)
	}
}

func TestPublishBatch(t *testing.T) {
	s := start(t, nil)
	p := s.connect("reader", "")
	p.subscribe("c")
	s.want(200, `{"results":[`+
		`{"index":0,"success":true,"channel":"c","message_id":"m-0","seq":0,"cursor":"","duplicate":false,"durability":"memory"},`+
		`{"index":1,"success":false,"error":{"code":"bad_request","message":"/messages/1 must be an object, not null"}},`+
		`{"index":2,"success":false,"error":{"code":"bad_request","message":"the field \"data\" stands twice at /messages/2; give it once"}},`+
		`{"index":3,"success":false,"error":{"code":"bad_channel","message":"/messages/3/channel: channel name starts with @; such names are internal"}},`+
		`{"index":4,"success":true,"channel":"c","message_id":"m-4","seq":0,"cursor":"","duplicate":false,"durability":"memory"}`+
		`],"succeeded":2,"failed":3}`,
		"POST", "/api/v1/publish/batch", `{"messages":[{"channel":"c","data":0,"message_id":"m-0"},null,`+
			`{"channel":"c","data":1,"data":2},{"channel":"@x","data":3},{"channel":"c","data":4,"message_id":"m-4"}]}`)
	p.read(`"data":0`)
	p.read(`"data":4`)
	s.want(200, `{"results":[],"succeeded":0,"failed":0}`, "POST", "/api/v1/publish/batch", `{"messages":[]}`)
}

// TestPublishBatchOrder: a thousand messages arrive in their order.
func TestPublishBatchOrder(t *testing.T) {
	s := start(t, func(n *outcry.Config, _ *Config) { n.Queue.Messages = 2 * maxBatch })
	p := s.connect("reader", "")
	p.subscribe("c")
	items := make([]string, maxBatch)
	for i := range items {
		items[i] = fmt.Sprintf(`{"channel":"c","data":%d}`, i)
	}
	a := s.want(200, "", "POST", "/api/v1/publish/batch", `{"messages":[`+strings.Join(items, ",")+`]}`)
	if !strings.Contains(a.body, `"succeeded":1000,"failed":0`) {
		t.Errorf("got %.200s", a.body)
	}
	for i := range items {
		p.read(fmt.Sprintf(`"data":%d,`, i))
	}
}

// TestPublishBatchTooMany is case 97: 10,000 items.
func TestPublishBatchTooMany(t *testing.T) {
	s := start(t, nil)
	body := `{"messages":[null` + strings.Repeat(",null", 9_999) + `]}`
	s.want(413, `{"error":{"code":"too_large","message":"/messages has more than 1000 messages; send them in several batches"}}`,
		"POST", "/api/v1/publish/batch", body)
}

// TestBusy: without room the answer is 503 with Retry-After, nothing was
// published, and a batch does not go on behind the message that found none.
func TestBusy(t *testing.T) {
	b := &fullBroker{room: 1}
	s := start(t, func(n *outcry.Config, _ *Config) { n.Broker = b })
	t.Run("batch", func(t *testing.T) {
		a := s.want(200, "", "POST", "/api/v1/publish/batch", `{"messages":[{"channel":"c","data":0},{"channel":"c","data":1},{"channel":"c","data":2}]}`)
		var got struct {
			Results []struct {
				Success bool        `json:"success"`
				Error   errorDetail `json:"error"`
			} `json:"results"`
		}
		if err := json.Unmarshal([]byte(a.body), &got); err != nil {
			t.Fatal(err)
		}
		var codes []string
		for _, r := range got.Results {
			codes = append(codes, fmt.Sprint(r.Success, " ", r.Error.Code, " ", strings.HasPrefix(r.Error.Message, "not tried")))
		}
		if diff := cmp.Diff([]string{"true  false", "false busy false", "false busy true"}, codes); diff != "" {
			t.Errorf("%s\n%s", diff, a.body)
		}
		if a.Header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After %q", a.Header.Get("Retry-After"))
		}
	})
	t.Run("publish", func(t *testing.T) {
		a := s.want(503, "", "POST", "/api/v1/publish", `{"channel":"c","data":1}`)
		if a.code() != "busy" || a.Header.Get("Retry-After") != "1" {
			t.Errorf("got %s, Retry-After %q", a.body, a.Header.Get("Retry-After"))
		}
	})
}

// fullBroker has room for a number of publications only. The channel methods
// of the interface are not reached.
type fullBroker struct {
	outcry.Broker
	room int
}

func (b *fullBroker) Run(ctx context.Context, sink outcry.Sink) error {
	sink.Ready(nil)
	<-ctx.Done()
	return nil
}

func (b *fullBroker) Publish(context.Context, *outcry.Publication) (outcry.Ack, error) {
	if b.room == 0 {
		return outcry.Ack{}, fmt.Errorf("append: %w", outcry.ErrBusy)
	}
	b.room--
	return outcry.Ack{Durability: "memory"}, nil
}

func TestBroadcast(t *testing.T) {
	s := start(t, nil)
	alice, bob := s.connect("a1", "alice"), s.connect("b1", "bob")
	bob.subscribe("c")
	if a := s.call("PUT", "/api/v1/groups/desk/users/alice", ""); a.StatusCode != http.StatusOK {
		t.Fatalf("group: got %d %s", a.StatusCode, a.body)
	}
	tests := []struct {
		kind, target string
		count        int
		readers      []*peer
	}{
		{"all", "", 2, []*peer{alice, bob}},
		{"user", "alice", 1, []*peer{alice}},
		{"user", "nobody", 0, nil},
		{"group", "desk", 1, []*peer{alice}},
		{"client", "b1", 1, []*peer{bob}},
		{"channel", "c", 1, []*peer{bob}},
	}
	for i, tt := range tests {
		t.Run(tt.kind+" "+tt.target, func(t *testing.T) {
			target := fmt.Sprintf(`,"target":%q`, tt.target)
			if tt.kind == "all" {
				target = ""
			}
			s.want(200, fmt.Sprintf(`{"success":true,"sent_count":%d,"target_type":%q,"target":%q,"scope":"node"}`, tt.count, tt.kind, tt.target),
				"POST", "/api/v1/broadcast", fmt.Sprintf(`{"target_type":%q%s,"message":{"type":"notice","n":%d}}`, tt.kind, target, i))
			for _, p := range tt.readers {
				p.read(`"type":"notice"`, fmt.Sprintf(`"n":%d`, i))
			}
		})
	}
	s.want(404, `{"error":{"code":"not_found","message":"no such client on this node"}}`,
		"POST", "/api/v1/broadcast", `{"target_type":"client","target":"nobody","message":{}}`)
}
