// Package house holds the tests that keep the tree in shape: caps on size,
// names that say something, no hidden state, and the list of modules an
// embedder of the root package takes in. It has no code of its own.
package house
