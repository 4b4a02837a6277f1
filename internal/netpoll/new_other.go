//go:build !linux

package netpoll

import (
	"errors"
	"fmt"
	"runtime"
)

func newAuto(opt Options) Poller { return NewStreams(opt) }

func newEpoll(Options) (Poller, error) {
	return nil, fmt.Errorf("the epoll driver on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
