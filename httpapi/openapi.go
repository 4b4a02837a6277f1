package httpapi

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml"
)

//go:embed openapi.yaml
var openAPISource []byte

// openAPI returns the document as JSON.
func openAPI() (jsontext.Value, error) {
	doc, err := yaml.YAMLToJSON(openAPISource)
	if err != nil {
		return nil, fmt.Errorf("httpapi: openapi.yaml: %w", err)
	}
	return doc, nil
}

func (a *API) openAPI(context.Context, *request) (reply, error) { return ok(a.document), nil }
