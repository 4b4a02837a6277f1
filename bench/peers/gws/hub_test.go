package gws_test

import (
	"testing"

	"github.com/outcry-dev/outcry/bench/hubtest"
	"github.com/outcry-dev/outcry/bench/peers/gws"
)

func TestHub(t *testing.T) { hubtest.Run(t, gws.Entry()) }
