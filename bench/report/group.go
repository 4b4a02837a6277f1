package report

import (
	"slices"

	"github.com/outcry-dev/outcry/bench/result"
)

// group is a section of the page: rows that are shown together.
type group struct {
	Title   string
	Text    string
	Figures []figure
	Rows    []row
}

// section is what the page says about a group.
type section struct {
	group result.Group
	title string
	text  string
}

// sections are the groups in their order.
func sections() []section {
	return []section{
		{result.GroupFanOut, "Fan-out", "One publication goes to all subscribers of a channel, and the next comes so much later " +
			"that nothing can be put together: what counts is the cost of a write."},
		{result.GroupRate, "Rates and coalescing", "Messages come faster than one per flush window. " +
			"A write costs some 4 µs whatever it carries, and a further frame in it 0.1 µs: here a server can gain most. " +
			"Outcry writes a message at once if it wrote none in the 2 ms before; otherwise it waits for 2 ms, " +
			"and all that comes meanwhile leaves with it. " +
			"A write also pays for waking its receiver where that sleeps, 1 to 2 µs: compare the floor at 100 and at 1,000 msg/s. " +
			"The floor at 1,000 msg/s keeps the client awake; a server that writes half as often lets it sleep in between, " +
			"so that its writes are fewer but each costs more."},
		{result.GroupCommands, "Commands", "What clients ask for: connecting with its four steps, and the application's ping."},
		{result.GroupLatency, "Latency", "How long messages take, from the call that publishes, and pings, from the client and back to it."},
		{result.GroupMemory, "Memory", "What an idle, subscribed connection adds to the server's process."},
		{result.GroupIdle, "Idle connections", "What connections cost that do nothing but answer pings and receive heartbeats."},
		{result.GroupChurn, "Coming and going", "Clients that lose their connections all at once, and come back."},
	}
}

// groupsOf makes the sections of a report, those that have rows.
func groupsOf(r *result.Report) ([]group, error) {
	var groups []group
	known := map[result.Group]bool{}
	for _, s := range sections() {
		known[s.group] = true
		g, err := groupOf(s, rowsOf(r, func(g result.Group) bool { return g == s.group }))
		if err != nil {
			return nil, err
		}
		if len(g.Rows) > 0 {
			groups = append(groups, g)
		}
	}
	rest := section{"other", "Other", "What else was measured."}
	g, err := groupOf(rest, rowsOf(r, func(g result.Group) bool { return !known[g] }))
	if err != nil {
		return nil, err
	}
	if len(g.Rows) > 0 {
		groups = append(groups, g)
	}
	return groups, nil
}

func rowsOf(r *result.Report, in func(result.Group) bool) []*result.Result {
	var rows []*result.Result
	for i := range r.Results {
		if in(r.Results[i].Group) {
			rows = append(rows, &r.Results[i])
		}
	}
	return rows
}

func groupOf(s section, rows []*result.Result) (group, error) {
	g := group{Title: s.title, Text: s.text, Rows: tablesOf(rows)}
	for _, plot := range []func(section, []*result.Result) ([]figure, error){curveFigures, barFigures, percentileFigures} {
		figures, err := plot(s, rows)
		if err != nil {
			return group{}, err
		}
		g.Figures = append(g.Figures, figures...)
	}
	return g, nil
}

// curveFigures lays the rows of different rates side by side.
func curveFigures(s section, rows []*result.Result) ([]figure, error) {
	curve, ok, err := ratesOf("Cost per delivered message by rate", rows)
	if err != nil || !ok {
		return nil, err
	}
	alt := s.title + ": cost per delivered message over the rate, by server"
	return []figure{{Name: string(s.group) + "-curve", Alt: alt, panels: []panel{curve}}}, nil
}

// barFigures shows the rows that compare several servers, a figure for each
// unit.
func barFigures(_ section, rows []*result.Result) ([]figure, error) {
	const several = 3
	var figures []figure
	byUnit := map[string]int{}
	for _, r := range rows {
		if len(r.Series) < several {
			continue
		}
		p, err := barsOf(r)
		if err != nil {
			return nil, err
		}
		at, ok := byUnit[r.Unit]
		if !ok {
			at = len(figures)
			byUnit[r.Unit] = at
			figures = append(figures, figure{Name: r.ID, Alt: "Medians and spreads, " + r.Unit})
		}
		figures[at].panels = append(figures[at].panels, p)
		figures[at].Alt += "; " + r.Title
	}
	return figures, nil
}

// percentileFigures shows distributions. Rows that are made of the same
// measurements have the same one.
func percentileFigures(s section, rows []*result.Result) ([]figure, error) {
	f := figure{Name: string(s.group) + "-percentiles", Alt: s.title + ": percentiles by server"}
	var shown []*result.Result
	for _, r := range rows {
		if slices.ContainsFunc(shown, func(other *result.Result) bool { return sameDistribution(r, other) }) {
			continue
		}
		shown = append(shown, r)
		p, ok, err := percentilesOf(r)
		if err != nil {
			return nil, err
		}
		if ok {
			f.panels = append(f.panels, p)
		}
	}
	if len(f.panels) == 0 {
		return nil, nil
	}
	return []figure{f}, nil
}
