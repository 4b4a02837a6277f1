// Package replay publishes recorded ticks by their own timestamps.
//
// A [File] reads CSV or NDJSON line by line and turns every good line into a
// [Tick]: a time, a channel and the JSON object to publish. A [Player] takes
// ticks from a [Source] and publishes each when its time comes, at a chosen
// speed, so that a recorded day passes in minutes.
//
// Memory is bounded whatever the size of the file: one buffer for the line at
// hand, one batch, and, where the file is not in time order, an index of 24
// bytes per line up to [Options.SortLimit] lines.
package replay
