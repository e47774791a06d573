// What users of Kafka in Go do: compat BOOTSTRAP CLIENT SCENARIO TOPIC, where CLIENT is franz-go or sarama.
//
// Each scenario prints one JSON object with what the client saw; go.test.ts says what it must be.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"sort"
	"strings"
	"time"
)

// How long a client may take for a step, with room for a busy machine.
const timeout = 30 * time.Second

// What a scenario is told, and what it gives back.
type scenario func(bootstrap, topic string) any

var scenarios = map[string]map[string]scenario{
	"franz-go": {
		"codecs":  franzCodecs,
		"headers": franzHeaders,
		"group":   franzGroup,
		"offsets": franzOffsets,
		"admin":   franzAdmin,
		"errors":  franzErrors,
		"member":  franzMember,

		"transactions":     franzTransactions,
		"old_transactions": franzOldTransactions,
	},
	"sarama": {
		"codecs":  saramaCodecs,
		"headers": saramaHeaders,
		"group":   saramaGroup,
		"offsets": saramaOffsets,
		"admin":   saramaAdmin,
		"errors":  saramaErrors,
		"member":  saramaGroupMember,

		"transactions": saramaTransactions,
	},
}

// A JSON object.
type seen map[string]any

// Ends the program with an error.
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// The value of a call that must not fail.
func must[T any](value T, err error) T {
	check(err)
	return value
}

// The texts that a codec is tried with: they compress, and make several batches.
func texts() []string {
	texts := make([]string, 500)
	for i := range texts {
		texts[i] = fmt.Sprintf("%d:%s", i, strings.Repeat("samsa ", i%50))
	}
	return texts
}

// Whether both hold the same, in any order.
func same(some, others []string) bool {
	return strings.Join(sorted(some), "\n") == strings.Join(sorted(others), "\n")
}

func sorted(texts []string) []string {
	sorted := append([]string{}, texts...)
	sort.Strings(sorted)
	return sorted
}

func main() {
	bootstrap, client, name, topic := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	run, found := scenarios[client][name]
	if !found {
		log.Fatalf("no scenario %s of %s", name, client)
	}
	check(json.NewEncoder(os.Stdout).Encode(run(bootstrap, topic)))
}
