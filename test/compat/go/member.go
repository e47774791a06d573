package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Members of the group TOPIC-group, with clients of all kinds: they print `assigned 0 1 2` when that changes and
// `read VALUE` for each record, commit what they have read, and leave when their standard input ends.

const memberSession = 6 * time.Second

// Ends when there is no more input.
func untilEndOfInput() context.Context {
	ctx, end := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		end()
	}()
	return ctx
}

// What a member holds, told whenever it changes.
type holding struct {
	mutex      sync.Mutex
	partitions map[int32]bool
}

func (h *holding) change(topics map[string][]int32, held bool) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, partitions := range topics {
		for _, partition := range partitions {
			if held {
				h.partitions[partition] = true
			} else {
				delete(h.partitions, partition)
			}
		}
	}
	var names []string
	for partition := range h.partitions {
		names = append(names, fmt.Sprint(partition))
	}
	sort.Strings(names)
	fmt.Println("assigned", strings.Join(names, " "))
}

func franzMember(bootstrap, topic string) any {
	ctx := untilEndOfInput()
	held := &holding{partitions: map[int32]bool{}}
	changed := func(holds bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, topics map[string][]int32) { held.change(topics, holds) }
	}
	client := franzClient(bootstrap, kgo.ConsumerGroup(topic+"-group"), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(), kgo.Balancers(kgo.RangeBalancer()),
		kgo.SessionTimeout(memberSession), kgo.HeartbeatInterval(200*time.Millisecond),
		kgo.OnPartitionsAssigned(changed(true)), kgo.OnPartitionsRevoked(changed(false)),
		kgo.OnPartitionsLost(changed(false)))
	defer client.Close()
	for ctx.Err() == nil {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil && !errors.Is(err, context.Canceled) {
			check(err)
		}
		for _, record := range fetches.Records() {
			fmt.Println("read", string(record.Value))
		}
		// One that comes too late is for nothing: whoever has the partition now reads it again.
		_ = client.CommitUncommittedOffsets(context.Background())
	}
	return seen{}
}

type saramaHandler struct{ held *holding }

func (h saramaHandler) Setup(session sarama.ConsumerGroupSession) error {
	h.held.change(session.Claims(), true)
	return nil
}

func (h saramaHandler) Cleanup(session sarama.ConsumerGroupSession) error {
	session.Commit()
	h.held.change(session.Claims(), false)
	return nil
}

func (h saramaHandler) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		fmt.Println("read", string(message.Value))
		session.MarkMessage(message, "")
		session.Commit()
	}
	return nil
}

func saramaGroupMember(bootstrap, topic string) any {
	ctx := untilEndOfInput()
	config := saramaConfig()
	config.Consumer.Group.Session.Timeout = memberSession
	config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{sarama.NewBalanceStrategyRange()}
	consumer := must(sarama.NewConsumerGroup([]string{bootstrap}, topic+"-group", config))
	handler := saramaHandler{&holding{partitions: map[int32]bool{}}}
	for ctx.Err() == nil {
		check(consumer.Consume(ctx, []string{topic}, handler))
	}
	check(consumer.Close())
	return seen{}
}
