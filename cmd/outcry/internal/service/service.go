// Package service wires the server together: the engine, the HTTP API, the
// listeners, the demo feed and, in development mode, the page.
package service

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/outcry-dev/outcry"
	"github.com/outcry-dev/outcry/cmd/outcry/internal/settings"
	"github.com/outcry-dev/outcry/demo"
	"github.com/outcry-dev/outcry/httpapi"
	"github.com/outcry-dev/outcry/jwtauth"
)

// Config is what a Service is made of.
type Config struct {
	Settings *settings.Settings
	// Dev opens the API to callers without a key and serves Page.
	Dev  bool
	Page http.Handler
	// Demo, where not nil, starts the demo feed.
	Demo    *demo.Options
	Version string
	Logger  *slog.Logger
	// Ready, where not nil, is called once the listeners are open; admin is
	// nil where there is none.
	Ready func(public, admin net.Addr)
}

// Service is a server that is ready to run.
type Service struct {
	cfg  Config
	node *outcry.Node
	api  http.Handler
}

// apiMargin is what the body of an API call may hold beside the message.
const apiMargin = 64 << 10

// New builds a Service. An error says what is wrong with the configuration.
func New(cfg Config) (*Service, error) {
	nodeCfg := cfg.Settings.Node()
	nodeCfg.Logger = cfg.Logger
	if secret := cfg.Settings.Access.JWTSecret; secret != "" {
		verifier, err := jwtauth.New(jwtauth.Config{Secret: []byte(secret)})
		if err != nil {
			return nil, err
		}
		nodeCfg.Access.Authenticator = verifier
	}
	node, err := outcry.New(nodeCfg)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	api, err := httpapi.New(httpapi.Config{
		Node:        node,
		Keys:        cfg.Settings.Access.APIKeys,
		Insecure:    cfg.Dev,
		Version:     cfg.Version,
		MaxBody:     int64(cfg.Settings.Limits.MaxMessageSize) + apiMargin,
		BodyTimeout: cfg.Settings.Timing.MessageTimeout,
		Logger:      cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	return &Service{cfg: cfg, node: node, api: api}, nil
}
