package floor_test

import (
	"testing"

	"github.com/outcry-dev/outcry/bench/hubtest"
	"github.com/outcry-dev/outcry/bench/peers/floor"
)

func TestHub(t *testing.T) { hubtest.Run(t, floor.Entry()) }
