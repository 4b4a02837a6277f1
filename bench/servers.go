package main

import (
	"fmt"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/peers/centrifuge"
	"github.com/outcry-dev/outcry/bench/peers/coder"
	"github.com/outcry-dev/outcry/bench/peers/floor"
	"github.com/outcry-dev/outcry/bench/peers/gobwas"
	"github.com/outcry-dev/outcry/bench/peers/gorilla"
	"github.com/outcry-dev/outcry/bench/peers/gws"
	"github.com/outcry-dev/outcry/bench/peers/outcry"
)

// servers lists all that can be compared.
func servers() []hub.Entry {
	return append([]hub.Entry{floor.Entry()}, append(outcry.Entries(),
		gobwas.Entry(), gobwas.HTTPEntry(), gorilla.Entry(), gws.Entry(), coder.Entry(), centrifuge.Entry(), centrifuge.BatchedEntry())...)
}

func server(name string) (hub.Entry, error) {
	for _, e := range servers() {
		if e.Name == name {
			return e, nil
		}
	}
	return hub.Entry{}, fmt.Errorf("server %q: unknown", name)
}
