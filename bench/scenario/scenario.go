// Package scenario holds the benchmarks: what is done to which servers, and the
// rows of the report that come of it. One file per group of rows.
package scenario

import (
	"context"
	"slices"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/result"
)

// Scenario is legs that are run one after the other in every round, so that
// what disturbs the machine disturbs all of them, and the rows made of them.
type Scenario struct {
	ID   string
	Legs []Leg
	Rows []Row
}

// Leg is one server under one load.
type Leg struct {
	// Name is unique within the scenario: server and load.
	Name    string
	Server  string // entry
	Options hub.Options
	// Measure does the work on a server that has just been started. What went
	// wrong on the way it leaves with the Site; its error means that there are
	// no figures.
	Measure func(ctx context.Context, s *Site) (Figures, error)
}

// Figures are what a leg has measured, each by its name.
type Figures map[string]float64

// Row is one row of the report, all but its series.
type Row struct {
	result.Result
	Lines []Line
}

// Line says where the values of one series come from.
type Line struct {
	Name, Title string
	Leg         string
	Figure      string
	// Per names the leg by whose same figure the value is divided; empty: none.
	Per string
}

// All returns every scenario, in the order of the report.
func All(sc Scale) []Scenario {
	return []Scenario{
		memory(sc), fanOut(sc), rates(sc), compression(sc), pingPong(sc), connecting(sc),
		lone(sc), channels(sc), unrelated(sc), allocations(sc), idle(sc), returns(sc),
	}
}

// Select returns the scenarios of these IDs, or that have rows of these IDs;
// all for none.
func Select(all []Scenario, ids []string) []Scenario {
	if len(ids) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(s Scenario) bool {
		return !slices.Contains(ids, s.ID) && !slices.ContainsFunc(s.Rows, func(r Row) bool { return slices.Contains(ids, r.ID) })
	})
}
