package settings

import (
	"fmt"
	"net"
	"net/netip"
)

// devAddress is where development mode listens unless told otherwise.
const devAddress = "127.0.0.1:8000"

// Develop turns the settings into those of development mode: loopback only,
// no authentication, every channel open to everybody. All else stays as it is
// configured.
func (e *Effective) Develop() {
	dev := Origin{Source: FromDev}
	s := &e.Settings
	if e.origins["address"].Source == FromDefault && !e.bad["address"] {
		s.Listen.Address = devAddress
		e.origins["address"] = dev
	}
	e.loopbackOnly("address", s.Listen.Address)
	if s.Listen.AdminAddress != "" {
		e.loopbackOnly("admin_address", s.Listen.AdminAddress)
	}
	s.Access.RequireAuth = false
	e.origins["require_auth"] = dev
	open := defaultRule()
	open.Match, open.ClientPublish, open.Presence = ">", true, true
	s.Rules = append(s.Rules, open)
}

func (e *Effective) loopbackOnly(path, address string) {
	if e.bad[path] || isLoopback(address) {
		return
	}
	e.problem(Problem{
		Key: path, Value: quote(address), Origin: e.origins[path],
		Reason: fmt.Sprintf("development mode lets everybody in, so it is for this machine only; allowed with --dev: a loopback address such as %s", devAddress),
	})
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func portOf(address string) string {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	return port
}
