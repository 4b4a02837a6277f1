package coder_test

import (
	"testing"

	"github.com/outcry-dev/outcry/bench/hubtest"
	"github.com/outcry-dev/outcry/bench/peers/coder"
)

func TestHub(t *testing.T) { hubtest.Run(t, coder.Entry()) }
