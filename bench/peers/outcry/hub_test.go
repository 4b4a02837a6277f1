package outcry_test

import (
	"testing"

	"github.com/outcry-dev/outcry/bench/hubtest"
	"github.com/outcry-dev/outcry/bench/peers/outcry"
)

func TestHub(t *testing.T) {
	for _, e := range outcry.Entries() {
		t.Run(e.Name, func(t *testing.T) { hubtest.Run(t, e) })
	}
}
