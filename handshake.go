package outcry

import (
	"bytes"
	"encoding/base64"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/gobwas/httphead"

	"github.com/outcry-dev/outcry/protocol"
)

// maxHeaders bounds the header lines of a handshake. Browsers, and proxies
// before the node, send some dozens.
const maxHeaders = 128

// checkHandshake checks a request as RFC 6455 section 4.2.1 demands.
func checkHandshake(r *http.Request) error {
	switch {
	case r.Method != http.MethodGet:
		return protocol.Errorf(protocol.CodeMethodNotAllowed, "method %s; a WebSocket connection begins with GET", r.Method)
	case !r.ProtoAtLeast(1, 1) || r.ProtoMajor != 1:
		return protocol.Errorf(protocol.CodeUpgradeRequired, "WebSocket needs HTTP/1.1, not %s", r.Proto)
	case !hasToken(r.Header["Upgrade"], "websocket"), !hasToken(r.Header["Connection"], "upgrade"):
		return protocol.Errorf(protocol.CodeUpgradeRequired, "this is a WebSocket endpoint; connect with a WebSocket client")
	}
	if r.ContentLength != 0 {
		return protocol.Errorf(protocol.CodeBadRequest, "a WebSocket handshake has no body")
	}
	if v := r.Header["Sec-Websocket-Version"]; len(v) != 1 || v[0] != "13" {
		return protocol.Errorf(protocol.CodeUpgradeRequired, "Sec-WebSocket-Version must be 13")
	}
	if k := r.Header["Sec-Websocket-Key"]; len(k) != 1 || !validKey(k[0]) {
		return protocol.Errorf(protocol.CodeBadRequest, "Sec-WebSocket-Key must be 16 bytes in base64, once")
	}
	if _, ok := tokens(r.Header["Sec-Websocket-Protocol"]); !ok {
		return protocol.Errorf(protocol.CodeBadRequest, "Sec-WebSocket-Protocol is not a list of tokens")
	}
	if slices.ContainsFunc(r.Header["Sec-Websocket-Extensions"], badOffer) {
		return protocol.Errorf(protocol.CodeBadRequest, "Sec-WebSocket-Extensions is not a list of extensions")
	}
	if r.Host == "" {
		return protocol.Errorf(protocol.CodeBadRequest, "Host is empty")
	}
	if lines(r.Header) > maxHeaders {
		return protocol.Errorf(protocol.CodeBadRequest, "more than %d header lines", maxHeaders)
	}
	return nil
}

func lines(h http.Header) (n int) {
	for _, values := range h {
		n += len(values)
	}
	return n
}

// badOffer reports whether a value is no list of extensions (RFC 6455 section
// 9.1). An empty one is taken for an absent one.
func badOffer(value string) bool {
	return value != "" && !httphead.ScanOptions(spaced(value), func(int, []byte, []byte, []byte) httphead.Control {
		return httphead.ControlContinue
	})
}

// spaced is a header's value with spaces for tabs, which mean the same (RFC
// 9110 section 5.6.3) but which httphead does not know.
func spaced(value string) []byte { return bytes.ReplaceAll([]byte(value), []byte{'\t'}, []byte{' '}) }

// tokens splits header values into tokens (RFC 9110 section 5.6.1); false
// means that a value is no list of tokens.
func tokens(values []string) (list []string, ok bool) {
	for _, v := range values {
		ok := httphead.ScanTokens(spaced(v), func(t []byte) bool {
			list = append(list, string(t))
			return true
		})
		if !ok {
			return list, false
		}
	}
	return list, true
}

func hasToken(values []string, token string) bool {
	list, _ := tokens(values)
	return slices.ContainsFunc(list, func(t string) bool { return strings.EqualFold(t, token) })
}

// validKey reports whether k is 16 bytes in base64 (RFC 6455 section 4.1).
func validKey(k string) bool {
	b, err := base64.StdEncoding.DecodeString(k)
	return err == nil && len(b) == 16
}

// checkHost refuses a Host that is not served: a page whose name was rebound
// to our address has an Origin that equals its Host.
func (n *Node) checkHost(r *http.Request) error {
	allowed := n.cfg.Access.AllowedHosts
	if len(allowed) == 0 {
		return nil
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(strings.Trim(a, "[]"), host) }) {
		return nil
	}
	return protocol.Errorf(protocol.CodeBadHost, "this host name is not served here (allowed_hosts)")
}

// checkOrigin refuses browsers on pages of foreign origins. Programs send no
// Origin and are not concerned: no cookie authenticates here.
func (n *Node) checkOrigin(r *http.Request) error {
	origins := r.Header["Origin"]
	allowed := n.cfg.Access.AllowedOrigins
	if len(origins) == 0 || slices.Contains(allowed, "*") && len(origins) == 1 {
		return nil
	}
	if len(origins) == 1 {
		if u, err := url.Parse(origins[0]); err == nil && u.Scheme != "" && u.Host != "" {
			if slices.ContainsFunc(allowed, func(a string) bool { return strings.EqualFold(a, origins[0]) }) {
				return nil
			}
		}
	}
	return protocol.Errorf(protocol.CodeBadOrigin, "pages of this origin may not connect (allowed_origins)")
}

// token finds the credentials of a request, the first of: Authorization
// header, subprotocol, query.
func (n *Node) token(r *http.Request, query url.Values) (string, error) {
	if h := r.Header["Authorization"]; len(h) > 0 {
		scheme, token, _ := strings.Cut(h[0], " ")
		token = strings.TrimSpace(token)
		if len(h) != 1 || !strings.EqualFold(scheme, "Bearer") || token == "" {
			return "", protocol.Errorf(protocol.CodeInvalidToken, "Authorization must be \"Bearer TOKEN\", once")
		}
		return token, nil
	}
	offered, _ := tokens(r.Header["Sec-Websocket-Protocol"])
	for _, name := range offered {
		if token, ok := strings.CutPrefix(name, "bearer."); ok {
			return token, nil
		}
	}
	token := query.Get("token")
	if token != "" && n.cfg.Access.RefuseQueryToken {
		return "", protocol.Errorf(protocol.CodeInvalidToken, "tokens in the query are switched off (token_in_query); use the Authorization header or the subprotocol bearer.TOKEN")
	}
	return token, nil
}

// remoteAddr is the client's address: that of the connection, or what trusted
// proxies report of it.
func (n *Node) remoteAddr(r *http.Request) string {
	addr := strings.Clone(r.RemoteAddr)
	peer, err := netip.ParseAddrPort(addr)
	if err != nil || !n.trusted(peer.Addr()) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for _, hop := range slices.Backward(hops) {
		ip, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return addr
		}
		addr = ip.WithZone("").String()
		if !n.trusted(ip) {
			return addr
		}
	}
	return addr
}

func (n *Node) trusted(ip netip.Addr) bool {
	ip = ip.Unmap()
	return slices.ContainsFunc(n.cfg.Access.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(ip) })
}
