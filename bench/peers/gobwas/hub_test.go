package gobwas_test

import (
	"testing"

	"github.com/outcry-dev/outcry/bench/hubtest"
	"github.com/outcry-dev/outcry/bench/peers/gobwas"
)

func TestHub(t *testing.T) { hubtest.Run(t, gobwas.Entry()) }

func TestWebHub(t *testing.T) { hubtest.Run(t, gobwas.HTTPEntry()) }
