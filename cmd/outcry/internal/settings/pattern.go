package settings

import "strings"

const maxPattern = 128

func setPattern(field *string, text string) error {
	if text == "" || len(text) > maxPattern || strings.HasPrefix(text, "@") {
		return notAllowed("a channel name or pattern of 1 to 128 bytes that does not begin with @")
	}
	*field = text
	return nil
}
