package gorilla_test

import (
	"testing"

	"github.com/outcry-dev/outcry/bench/hubtest"
	"github.com/outcry-dev/outcry/bench/peers/gorilla"
)

func TestHub(t *testing.T) { hubtest.Run(t, gorilla.Entry()) }
