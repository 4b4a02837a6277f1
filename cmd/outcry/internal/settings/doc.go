// Package settings reads the configuration of the outcry binary: one typed
// tree, filled from defaults, a YAML file, a .env file, the environment and
// flags, each overriding the one before, with the source of every value kept.
//
// The registry (Keys) is the single list of what can be set. The names of
// variables and flags, the error texts, the effective configuration that
// "outcry config" prints and the table in docs/configuration.md all follow
// from it.
package settings
