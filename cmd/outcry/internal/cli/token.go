package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/outcry-dev/outcry/cmd/outcry/internal/settings"
	"github.com/outcry-dev/outcry/jwtauth"
)

// tokenOptions are the flags of token.
type tokenOptions struct {
	claims    jwtauth.Claims
	meta, ttl string
	asJSON    bool
	src       *sources
}

// minted is what "token --json" prints.
type minted struct {
	Token     string    `json:"token"`
	UserID    string    `json:"user_id"`
	ExpiresAt time.Time `json:"expires_at"`
}

func newToken(env *environment) *cobra.Command {
	o := &tokenOptions{}
	cmd := &cobra.Command{
		Use:   "token --user ID",
		Short: "Make a token for trying the service out",
		Long: `Prints a token (JWT, HS256) that a server with the same jwt_secret accepts. The
secret comes from where serve takes it: flags, variables, .env or outcry.yaml.`,
		Example: `  export WEBSOCKET_JWT_SECRET=$(openssl rand -base64 48)
  outcry token --user u1 --channel orders.u1 --ttl 1h`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return o.run(env) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.claims.UserID, "user", "", "user id: the claim sub (required)")
	flags.StringArrayVar(&o.claims.Roles, "role", nil, "role of the user; may be repeated")
	flags.StringArrayVar(&o.claims.Groups, "group", nil, "group of the user; may be repeated")
	flags.StringArrayVar(&o.claims.Channels, "channel", nil, "channel to which the server subscribes the user; may be repeated")
	flags.StringVar(&o.ttl, "ttl", "1h", "how long the token is valid; a bare number is in seconds")
	flags.StringVar(&o.meta, "meta", "", "JSON object shown with the client")
	flags.BoolVar(&o.asJSON, "json", false, "print a JSON object")
	o.src = newSources(flags, "jwt_secret", "jwt_secret_file")
	return cmd
}

func (o *tokenOptions) run(env *environment) error {
	effective := o.src.load(env)
	printWarnings(env.Stderr, effective)
	if err := effective.Err(); err != nil {
		return usage(err)
	}
	secret := effective.Settings.Access.JWTSecret
	if secret == "" {
		return usage(errors.New("no jwt_secret to sign with; set it in outcry.yaml, or the variable WEBSOCKET_JWT_SECRET " +
			"(make one with: openssl rand -base64 48)"))
	}
	ttl, err := settings.ParseDuration(o.ttl)
	if err != nil {
		return usage(fmt.Errorf(`--ttl %q: allowed: a time such as "90s" or "1h"`, o.ttl))
	}
	if o.meta != "" {
		o.claims.Meta = []byte(o.meta)
	}
	token, err := jwtauth.Sign([]byte(secret), o.claims, ttl)
	if err != nil {
		return usage(err)
	}
	if !o.asJSON {
		_, err = fmt.Fprintln(env.Stdout, token)
		return err
	}
	out := minted{token, o.claims.UserID, time.Now().Add(ttl).UTC().Truncate(time.Second)}
	if err := json.MarshalWrite(env.Stdout, out); err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stdout)
	return err
}
