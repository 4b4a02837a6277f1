package coder

import (
	"bufio"
	"net"
	"net/http"

	"github.com/outcry-dev/outcry/bench/peers/pump"
)

// witness remembers the connection that the library takes over: the library
// itself shows it to nobody.
type witness struct {
	http.ResponseWriter
	conn *pump.Conn
}

// Hijack implements http.Hijacker.
func (w *witness) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.conn = conn.(*pump.Conn) // Serve's listener makes no others
	}
	return conn, rw, err
}
