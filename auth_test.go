package outcry

import "context"

// authFunc is an Authenticator.
type authFunc func(ctx context.Context, token string) (Identity, error)

// Authenticate implements Authenticator.
func (f authFunc) Authenticate(ctx context.Context, token string) (Identity, error) {
	return f(ctx, token)
}
