package centrifuge_test

import (
	"testing"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/hubtest"
	"github.com/outcry-dev/outcry/bench/peers/centrifuge"
)

func TestHub(t *testing.T) {
	for _, e := range []hub.Entry{centrifuge.Entry(), centrifuge.BatchedEntry()} {
		t.Run(e.Name, func(t *testing.T) { hubtest.Run(t, e) })
	}
}
