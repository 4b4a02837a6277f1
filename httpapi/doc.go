// Package httpapi is the HTTP side of a node: what back ends call to publish,
// to look at channels and clients and to change them, and what orchestrators
// call to learn whether the process is well.
//
//	api, err := httpapi.New(httpapi.Config{Node: node, Keys: keys})
//	mux.Handle("/api/", api)
//	mux.Handle("/healthz", api)
//	mux.Handle("/healthz/", api)
//	mux.Handle("/readyz", api)
//
// # How a request travels
//
// [API.ServeHTTP] puts the safety headers on and recovers panics. Below
// /api/ it asks for the key before it looks at anything else. The path and the
// method select a row of the route table ([API.routes]); the row says which
// query parameters are known, how large a body may be and how long the node
// may take. Only then the body is read, whole, and handed to one handler. A
// handler returns a value or an error and never touches the ResponseWriter:
// status, headers and JSON are written in one place.
//
// Every error is {"error":{"code","message"}} with the status that the table
// of package protocol gives its code.
//
// # The document
//
// openapi.yaml describes every operation. A test holds it against the route
// table in both directions, and every response any test receives is checked
// against the schema of its operation.
package httpapi
