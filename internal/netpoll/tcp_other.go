//go:build !linux

package netpoll

import "net"

// limitUnsent does nothing: TCP_NOTSENT_LOWAT is set on Linux only.
func limitUnsent(net.Conn, int) error { return nil }

// watchable reports that watch sees nothing here.
func watchable(net.Conn) bool { return false }

// watch returns at once.
func watch(net.Conn) error { return nil }
