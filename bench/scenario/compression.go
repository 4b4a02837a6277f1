package scenario

import (
	"context"
	"errors"
	"time"

	"github.com/outcry-dev/outcry/bench/hub"
	"github.com/outcry-dev/outcry/bench/load"
	"github.com/outcry-dev/outcry/bench/result"
	"github.com/outcry-dev/outcry/bench/worker"
)

// compression sends the same messages plain and compressed.
func compression(sc Scale) Scenario {
	leg := func(name, server string, compress bool) Leg {
		return Leg{
			Name: name, Server: server, Options: hub.Options{Compression: compress},
			Measure: func(ctx context.Context, s *Site) (Figures, error) { return s.kilobytes(ctx, sc, compress) },
		}
	}
	line := func(name, title, figure string) Line {
		return Line{Name: name, Title: title, Leg: name, Figure: figure}
	}
	all := func(figure string) []Line {
		return []Line{
			line("outcry-plain", "Outcry, plain", figure),
			line("outcry-deflate", "Outcry, permessage-deflate", figure),
			line("gorilla-deflate", "gorilla/websocket, permessage-deflate", figure),
			line("gws-deflate", "gws, permessage-deflate", figure),
		}
	}
	return Scenario{
		ID: "compression",
		Legs: []Leg{
			leg("outcry-plain", outcry, false), leg("outcry-deflate", outcry, true),
			leg("gorilla-deflate", gorilla, true), leg("gws-deflate", gws, true),
		},
		Rows: []Row{{
			Result: result.Result{
				ID: "compression", Group: result.GroupFanOut, Unit: perDelivery, Base: "outcry-plain",
				Title:  "1,000 subscribers, compressed 1 KB JSON",
				Target: &result.Target{Text: "≤ 1.05 × the plain cost", Series: "outcry-deflate", Bound: 1.05},
			},
			Lines: all("cost"),
		}, {
			Result: result.Result{
				ID: "compression-size", Group: result.GroupFanOut, Unit: "bytes of payload on the wire", Base: "outcry-plain",
				Title: "1 KB of JSON, level 1",
			},
			Lines: all("wire"),
		}},
	}
}

func (s *Site) kilobytes(ctx context.Context, sc Scale, compress bool) (Figures, error) {
	const rate = 50
	f, err := s.broadcast(ctx, sc.clients(1000), load.Options{Compress: compress}, worker.Plan{
		Channel: channelName, Rate: rate, Count: sc.count(rate, 1500*time.Millisecond), Size: 1024,
	})
	if err != nil {
		return nil, err
	}
	if compress && s.Fleet.Counts().Compressed == 0 {
		return nil, errors.New("nothing came compressed")
	}
	return f, nil
}
