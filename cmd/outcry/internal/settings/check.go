package settings

import (
	"fmt"
	"slices"
)

// sizeMargin is what a queue must hold beyond one largest message.
const sizeMargin = 4096

// Check returns Errors if a server cannot run with these settings: those of
// Err, and every contradiction between values.
func (e *Effective) Check() error {
	problems := slices.Concat(e.problems, e.contradictions())
	if len(problems) == 0 {
		return nil
	}
	return problems
}

func (e *Effective) contradictions() Errors {
	if e.bad[""] {
		return nil // a source is missing, and with it what it would have set
	}
	var found Errors
	for _, check := range []func() (Problem, bool){
		func() (Problem, bool) { return e.holdsMessage("queue_bytes", e.Settings.Queue.Bytes) },
		func() (Problem, bool) {
			return e.holdsMessage("broadcast_buffer_bytes", e.Settings.Queue.InFlightBytes)
		},
		e.keyPresent, e.redisAbsent, e.addressesDiffer,
	} {
		if p, wrong := check(); wrong {
			found = append(found, p)
		}
	}
	return found
}

// anyBad reports whether one of the paths has a problem of its own, so that
// what it is now was not meant.
func (e *Effective) anyBad(paths ...string) bool {
	return slices.ContainsFunc(paths, func(path string) bool { return e.bad[path] })
}

// contradiction is a problem of a value that is allowed by itself.
func (e *Effective) contradiction(path, reason string) (Problem, bool) {
	value := fmt.Sprint(e.reg.keys[path].value(&e.Settings))
	return Problem{Key: path, Value: value, Origin: e.origins[path], Reason: reason}, true
}

func (e *Effective) holdsMessage(path string, size int) (Problem, bool) {
	largest := e.Settings.Limits.MaxMessageSize
	if size >= largest+sizeMargin || e.anyBad(path, "max_message_size") {
		return Problem{}, false
	}
	return e.contradiction(path, fmt.Sprintf("a message of the largest size would not fit; allowed: at least max_message_size + %d = %d (max_message_size is %d: %s)",
		sizeMargin, largest+sizeMargin, largest, e.origins["max_message_size"]))
}

func (e *Effective) keyPresent() (Problem, bool) {
	a := &e.Settings.Access
	if !a.RequireAuth || a.JWTSecret != "" || e.anyBad("require_auth", "jwt_secret", "jwt_secret_file") {
		return Problem{}, false
	}
	return e.contradiction("require_auth", "no key to verify tokens with, so nobody could connect. Two ways out: "+
		"set jwt_secret (or jwt_secret_file, or the variable WEBSOCKET_JWT_SECRET; make one with: openssl rand -base64 48); "+
		"or let everybody in with require_auth: false, for development with --dev")
}

func (e *Effective) redisAbsent() (Problem, bool) {
	if !e.Settings.Redis.UsePubSub {
		return Problem{}, false
	}
	return e.contradiction("use_redis_pubsub", "Redis comes with a later version, and this one would leave the nodes unconnected; allowed: false")
}

func (e *Effective) addressesDiffer() (Problem, bool) {
	l := &e.Settings.Listen
	if l.Address != l.AdminAddress || portOf(l.Address) == "0" || e.anyBad("address", "admin_address") {
		return Problem{}, false
	}
	return e.contradiction("admin_address", fmt.Sprintf("address (%s) is the same; allowed: another port, or empty for none", e.origins["address"]))
}
