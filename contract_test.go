package outcry_test

import (
	"testing"

	"github.com/outcry-dev/outcry"
	"github.com/outcry-dev/outcry/outcrytest"
)

func TestMemoryBroker(t *testing.T) {
	outcrytest.Broker(t, func(*testing.T) outcry.Broker { return outcry.NewMemoryBroker() })
}

func TestMemoryPresence(t *testing.T) {
	outcrytest.Presence(t, func(*testing.T) outcry.Presence { return outcry.NewMemoryPresence() })
}
