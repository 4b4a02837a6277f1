package settings

import (
	"fmt"
	"strings"
)

// secretFiles reads the secrets that are given as files.
func (e *Effective) secretFiles() {
	e.secretFile("jwt_secret", e.Settings.Access.JWTSecretFile, func(text string) []string {
		return []string{strings.TrimRight(text, "\r\n")}
	})
	e.secretFile("api_keys", e.Settings.Access.APIKeysFile, func(text string) []string {
		var keys []string
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				keys = append(keys, line)
			}
		}
		return keys
	})
}

// secretFile sets the secret path from the file name, if there is one.
func (e *Effective) secretFile(path, name string, parse func(string) []string) {
	if name == "" {
		return
	}
	key, fileKey := e.reg.keys[path], path+"_file"
	if key.text(&e.Settings) != "" {
		e.problem(Problem{
			Key: path, Origin: e.origins[path],
			Reason: fmt.Sprintf("%s (%s) is given too; allowed: one of the two", fileKey, e.origins[fileKey]),
		})
		return
	}
	data, err := readLimited(name)
	if err != nil {
		e.problem(Problem{Key: fileKey, Value: quote(name), Origin: e.origins[fileKey], Reason: plain(err)})
		return
	}
	origin := Origin{Source: FromSecretFile, Name: e.origins[fileKey].String(), File: name}
	values := parse(string(data))
	if strings.Join(values, "") == "" {
		e.problem(Problem{Key: fileKey, Value: quote(name), Origin: e.origins[fileKey], Reason: "the file is empty; " + notAllowed(key.Allowed).Error()})
		return
	}
	e.assign([]assignment{{path, values, origin}})
}

// warnShortKeys tells of API keys that could be guessed.
func (e *Effective) warnShortKeys() {
	for i, key := range e.Settings.Access.APIKeys {
		if len(key) < shortAPIKey {
			e.Warnings = append(e.Warnings, fmt.Sprintf("api_keys (%s): item %d has fewer than %d characters and could be guessed; make one with: openssl rand -hex 24",
				e.origins["api_keys"], i+1, shortAPIKey))
		}
	}
}
