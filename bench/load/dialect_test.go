package load

import (
	"testing"

	"github.com/outcry-dev/outcry/bench/hub"
)

func TestHear(t *testing.T) {
	cases := []struct {
		dialect hub.Dialect
		text    string
		want    Kind
	}{
		{hub.DialectOutcry, `{"type":"connection_established","client_id":"x"}`, KindGreeting},
		{hub.DialectOutcry, `{"type":"subscription_result","channel":"a","success":true}`, KindSubscribed},
		{hub.DialectOutcry, `{"type":"subscription_result","channel":"a","success":false,"code":"forbidden"}`, KindOther},
		{hub.DialectOutcry, `{"type":"pong","timestamp":"x"}`, KindPong},
		{hub.DialectOutcry, `{"type":"heartbeat","timestamp":"x"}`, KindHeartbeat},
		{hub.DialectOutcry, `{"type":"gap","channel":"a","lost":3}`, KindGap},
		{hub.DialectOutcry, `{"type":"quote","n":1000000007,"at":1000000000000000000}`, KindPublication},
		{hub.DialectOutcry, `{"type":"error","code":"bad_request"}`, KindOther},
		{hub.DialectCentrifuge, `{"id":1,"connect":{"client":"x"}}`, KindGreeting},
		{hub.DialectCentrifuge, `{"id":2,"subscribe":{}}`, KindSubscribed},
		{hub.DialectCentrifuge, `{"id":2,"error":{"code":103,"message":"permission denied"}}`, KindOther},
		{hub.DialectCentrifuge, `{"id":3,"rpc":{"data":{"type":"pong"}}}`, KindPong},
		{hub.DialectCentrifuge, `{}`, KindHeartbeat},
		{hub.DialectCentrifuge, `{"push":{"channel":"a","pub":{"data":{"n":1000000007,"at":1000000000000000000}}}}`, KindPublication},
		{hub.DialectCentrifuge, `{"push":{"disconnect":{"code":3000}}}`, KindOther},
	}
	for _, c := range cases {
		p, err := PhrasesOf(c.dialect)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Hear([]byte(c.text)); got != c.want {
			t.Errorf("%s: got %d, want %d", c.text, got, c.want)
		}
	}
	if _, err := PhrasesOf("esperanto"); err == nil {
		t.Error("no error for an unknown dialect")
	}
}
