package outcry

import "errors"

var (
	// ErrBusy: the publication found no room before its context ended.
	// Nothing was published.
	ErrBusy = errors.New("outcry: too many publications in flight")
	// ErrNotRunning: Run has not been called, or has returned.
	ErrNotRunning = errors.New("outcry: node is not running")
	// ErrNotFound: no such client on this node.
	ErrNotFound = errors.New("outcry: no such client")
	// ErrNoHistory: the channel keeps no history.
	ErrNoHistory = errors.New("outcry: channel keeps no history")
	// ErrUnavailable: an Authenticator or broker cannot answer now.
	ErrUnavailable = errors.New("outcry: temporarily unavailable")
	// ErrDraining: the node is shutting down.
	ErrDraining = errors.New("outcry: node is draining")
)
