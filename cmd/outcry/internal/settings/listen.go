package settings

import (
	"net"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Listen says where the server listens and who it is.
type Listen struct {
	Address       string
	AdminAddress  string // empty: no admin listener
	NodeName      string // empty: made from the host name
	HeaderTimeout time.Duration
	Transport     string
}

func defaultListen() Listen {
	return Listen{
		Address:       ":8000",
		AdminAddress:  "127.0.0.1:8001",
		HeaderTimeout: 5 * time.Second,
		Transport:     "auto",
	}
}

const maxNodeName = 64

func listenKeys() []Key {
	return []Key{
		text("address", "Where clients connect: WebSocket, HTTP API and health checks.",
			"host:port; without a host, every interface",
			func(s *Settings) *string { return &s.Listen.Address }, isAddress),
		text("admin_address", "Where the operator connects: health checks now, metrics later.",
			"host:port, or empty for none",
			func(s *Settings) *string { return &s.Listen.AdminAddress },
			func(text string) bool { return text == "" || isAddress(text) }),
		text("node_name", "Name of this process in replies and logs; empty: the host name and a random suffix.",
			"at most 64 letters, digits and . _ : -",
			func(s *Settings) *string { return &s.Listen.NodeName },
			func(text string) bool { return len(text) <= maxNodeName && isWord(text, "._:-") }),
		duration("header_timeout", "Time a client has for the header of an HTTP request.",
			func(s *Settings) *time.Duration { return &s.Listen.HeaderTimeout }),
		transport(runtime.GOOS),
	}
}

// transport is a choice of which one option is not for every system, named as
// in runtime.GOOS.
func transport(system string) Key {
	k := Key{
		Path: "transport", Kind: Text, Allowed: "one of auto, epoll, goroutine; epoll on Linux only",
		Doc: "What carries the bytes of connections. auto: epoll where it can be used, goroutines for the rest.",
	}
	return scalar(k, func(s *Settings) *string { return &s.Listen.Transport }, func(text string) (string, error) {
		switch text {
		case "auto", "goroutine":
			return text, nil
		case "epoll":
			if system == "linux" {
				return text, nil
			}
			return "", notAllowed("auto or goroutine; epoll exists on Linux only, and this is " + system)
		}
		return "", notAllowed(k.Allowed)
	})
}

// isAddress reports whether text is a host, which may be empty, and a port.
func isAddress(text string) bool {
	host, port, err := net.SplitHostPort(text)
	if err != nil || strings.ContainsAny(host, " \t\r\n/") {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// isWord reports whether text has only ASCII letters, digits and the marks.
func isWord(text, marks string) bool {
	for _, r := range text {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		if !letter && !strings.ContainsRune(marks, r) {
			return false
		}
	}
	return true
}
