package main

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), timeout)
}

func franzClient(bootstrap string, options ...kgo.Opt) *kgo.Client {
	return must(kgo.NewClient(append(options, kgo.SeedBrokers(bootstrap))...))
}

// An admin client, and a new topic.
func franzTopic(bootstrap, topic string, partitions int32) *kadm.Client {
	admin := kadm.NewClient(franzClient(bootstrap))
	ctx, done := within()
	defer done()
	must(admin.CreateTopic(ctx, partitions, 1, nil, topic))
	return admin
}

func franzWrite(bootstrap string, records []*kgo.Record, options ...kgo.Opt) []*kgo.Record {
	client := franzClient(bootstrap, options...)
	defer client.Close()
	ctx, done := within()
	defer done()
	results := client.ProduceSync(ctx, records...)
	check(results.FirstErr())
	return records
}

// Reads until there are as many records.
func franzRead(client *kgo.Client, count int) []*kgo.Record {
	ctx, done := within()
	defer done()
	var records []*kgo.Record
	for len(records) < count {
		fetches := client.PollFetches(ctx)
		check(fetches.Err())
		records = append(records, fetches.Records()...)
	}
	return records
}

func franzConsumer(bootstrap, topic string, from kgo.Offset, partitions ...int32) *kgo.Client {
	offsets := map[int32]kgo.Offset{}
	for _, partition := range partitions {
		offsets[partition] = from
	}
	return franzClient(bootstrap, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets}))
}

func franzValues(records []*kgo.Record) []string {
	values := make([]string, len(records))
	for i, record := range records {
		values[i] = string(record.Value)
	}
	return values
}

func franzRecords(topic string, values []string) []*kgo.Record {
	records := make([]*kgo.Record, len(values))
	for i, value := range values {
		records[i] = &kgo.Record{Topic: topic, Key: []byte(fmt.Sprint(i % 7)), Value: []byte(value)}
	}
	return records
}

// The name of Kafka's error.
func franzError(err error) any {
	var kafka *kerr.Error
	if errors.As(err, &kafka) {
		return kafka.Message
	}
	if err != nil {
		return err.Error()
	}
	return nil
}

func franzCodecs(bootstrap, topic string) any {
	admin := franzTopic(bootstrap, topic, 3)
	defer admin.Close()
	var wanted []string
	for name, codec := range map[string]kgo.CompressionCodec{
		"none":   kgo.NoCompression(),
		"gzip":   kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(),
		"lz4":    kgo.Lz4Compression(),
		"zstd":   kgo.ZstdCompression(),
	} {
		var values []string
		for _, text := range texts() {
			values = append(values, name+" "+text)
		}
		franzWrite(bootstrap, franzRecords(topic, values), kgo.ProducerBatchCompression(codec))
		wanted = append(wanted, values...)
	}
	consumer := franzConsumer(bootstrap, topic, kgo.NewOffset().AtStart(), 0, 1, 2)
	defer consumer.Close()
	return seen{"same": same(wanted, franzValues(franzRead(consumer, len(wanted))))}
}

func franzHeaders(bootstrap, topic string) any {
	franzTopic(bootstrap, topic, 1).Close()
	written := franzWrite(bootstrap, []*kgo.Record{{
		Topic:     topic,
		Key:       []byte{0, 255},
		Headers:   []kgo.RecordHeader{{Key: "trace", Value: []byte("x")}, {Key: "none"}, {Key: "trace", Value: []byte("y")}},
		Timestamp: time.UnixMilli(1_700_000_000_000),
	}})
	consumer := franzConsumer(bootstrap, topic, kgo.NewOffset().At(0), 0)
	defer consumer.Close()
	record := franzRead(consumer, 1)[0]
	var headers [][]any
	for _, header := range record.Headers {
		headers = append(headers, []any{header.Key, string(header.Value)})
	}
	return seen{
		"written":   []int64{int64(written[0].Partition), written[0].Offset},
		"key":       fmt.Sprintf("%x", record.Key),
		"no_value":  record.Value == nil,
		"headers":   headers,
		"timestamp": record.Timestamp.UnixMilli(),
		"epoch":     record.LeaderEpoch,
	}
}

// Two members share a topic; when one has gone the other reads on from what is committed.
func franzGroup(bootstrap, topic string) any {
	admin := franzTopic(bootstrap, topic, 4)
	defer admin.Close()
	group := topic + "-group"
	member := func() *kgo.Client {
		return franzClient(bootstrap, kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.HeartbeatInterval(100*time.Millisecond))
	}
	ctx, done := within()
	defer done()
	first, second := member(), member()
	var described kadm.DescribedGroup
	// Members take part in a rebalance while they poll.
	for len(described.Members) != 2 || !franzShared(described) {
		for _, client := range []*kgo.Client{first, second} {
			poll, stop := context.WithTimeout(ctx, 100*time.Millisecond)
			client.PollFetches(poll)
			stop()
		}
		check(ctx.Err())
		described = must(admin.DescribeGroups(ctx, group))[group]
	}
	franzWrite(bootstrap, franzSpread(topic, 0, 40))
	read := map[string]bool{}
	for len(read) < 40 {
		check(ctx.Err())
		for _, client := range []*kgo.Client{first, second} {
			poll, stop := context.WithTimeout(ctx, 100*time.Millisecond)
			for _, record := range client.PollFetches(poll).Records() {
				read[string(record.Value)] = true
			}
			stop()
		}
	}
	check(first.CommitUncommittedOffsets(ctx))
	check(second.CommitUncommittedOffsets(ctx))
	second.Close()
	franzWrite(bootstrap, franzSpread(topic, 40, 50))
	rest := franzRead(first, 10)
	check(first.CommitUncommittedOffsets(ctx))
	lag := must(admin.Lag(ctx, group))[group].Lag.Total()
	first.Close()
	left := must(admin.DescribeGroups(ctx, group))[group]
	return seen{
		"protocol": described.Protocol,
		"read":     len(read),
		"rest":     sorted(franzValues(rest)),
		"lag":      lag,
		"left":     []any{left.State, len(left.Members)},
	}
}

// Whether the members of a group have two partitions each.
func franzShared(group kadm.DescribedGroup) bool {
	for _, member := range group.Members {
		assigned, consumer := member.Assigned.AsConsumer()
		if !consumer || len(assigned.Topics) != 1 || len(assigned.Topics[0].Partitions) != 2 {
			return false
		}
	}
	return group.State == "Stable"
}

// Records evenly spread over four partitions.
func franzSpread(topic string, from, to int) []*kgo.Record {
	var records []*kgo.Record
	for i := from; i < to; i++ {
		records = append(records, &kgo.Record{Topic: topic, Value: []byte(fmt.Sprint(i))})
	}
	return records
}

func franzOffsets(bootstrap, topic string) any {
	admin := franzTopic(bootstrap, topic, 1)
	defer admin.Close()
	ctx, done := within()
	defer done()
	var records []*kgo.Record
	for i := range 10 {
		records = append(records, &kgo.Record{Topic: topic, Value: []byte(fmt.Sprint(i)), Timestamp: time.UnixMilli(int64(1000 * i))})
	}
	franzWrite(bootstrap, records)
	group := topic + "-group"
	before := must(admin.FetchOffsets(ctx, group))
	committed := kadm.Offsets{}
	committed.Add(kadm.Offset{Topic: topic, Partition: 0, At: 4, LeaderEpoch: 0, Metadata: "note"})
	must(admin.CommitOffsets(ctx, group, committed))
	fetched, _ := must(admin.FetchOffsets(ctx, group)).Lookup(topic, 0)
	start, _ := must(admin.ListStartOffsets(ctx, topic)).Lookup(topic, 0)
	end, _ := must(admin.ListEndOffsets(ctx, topic)).Lookup(topic, 0)
	middle, _ := must(admin.ListOffsetsAfterMilli(ctx, 4500, topic)).Lookup(topic, 0)
	consumer := franzClient(bootstrap, kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic))
	first := franzRead(consumer, 1)[0].Offset
	consumer.Close()
	at := franzConsumer(bootstrap, topic, kgo.NewOffset().At(8), 0)
	sought := franzRead(at, 1)[0].Offset
	at.Close()
	ending := franzConsumer(bootstrap, topic, kgo.NewOffset().AtEnd().Relative(-1), 0)
	last := franzRead(ending, 1)[0].Offset
	ending.Close()
	deleted := must(admin.DeleteOffsets(ctx, group, kadm.TopicsSet{topic: {0: {}}}))
	return seen{
		"before":     len(before),
		"committed":  []any{fetched.At, fetched.Metadata, fetched.LeaderEpoch},
		"watermarks": []int64{start.Offset, end.Offset},
		"after_4500": []int64{middle.Offset, middle.Timestamp},
		"first":      first,
		"sought":     sought,
		"last":       last,
		"deleted":    franzError(deleted[topic][0]),
		"left":       len(must(admin.FetchOffsets(ctx, group))),
	}
}

func franzAdmin(bootstrap, topic string) any {
	admin := franzTopic(bootstrap, topic, 2)
	defer admin.Close()
	ctx, done := within()
	defer done()
	_, again := admin.CreateTopic(ctx, 1, 1, nil, topic)
	_, replicated := admin.CreateTopic(ctx, 1, 7, nil, topic+"-7")
	_, illegal := admin.CreateTopic(ctx, 1, 1, nil, "not/legal")
	grown := must(admin.CreatePartitions(ctx, 1, topic))[topic].Err
	value, wrong := "12345", "-5"
	altered := must(admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Name: "retention.ms", Value: &value}}, topic))
	refused := must(admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Name: "max.message.bytes", Value: &wrong}}, topic))
	var retention any
	for _, config := range must(admin.DescribeTopicConfigs(ctx, topic))[0].Configs {
		if config.Key == "retention.ms" {
			retention = []any{*config.Value, config.Source.String()}
		}
	}
	franzWrite(bootstrap, []*kgo.Record{{Topic: topic, Value: []byte("a")}, {Topic: topic, Value: []byte("b")}},
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	until := kadm.Offsets{}
	until.Add(kadm.Offset{Topic: topic, Partition: 0, At: 1})
	low := must(admin.DeleteRecords(ctx, until))[topic][0].LowWatermark
	listed := must(admin.ListTopics(ctx, topic))[topic].Partitions.Numbers()
	cluster := must(admin.BrokerMetadata(ctx))
	var directories int
	must(admin.DescribeAllLogDirs(ctx, nil)).Each(func(kadm.DescribedLogDir) { directories++ })
	noGroup, _ := admin.DeleteGroup(ctx, topic+"-none")
	gone := must(admin.DeleteTopics(ctx, topic))[topic].Err
	goneAgain := must(admin.DeleteTopics(ctx, topic))[topic].Err
	sort.Slice(listed, func(i, j int) bool { return listed[i] < listed[j] })
	return seen{
		"again":       franzError(again),
		"replicated":  franzError(replicated),
		"illegal":     franzError(illegal),
		"grown":       franzError(grown),
		"altered":     franzError(altered[0].Err),
		"refused":     franzError(refused[0].Err),
		"retention":   retention,
		"low":         low,
		"partitions":  listed,
		"brokers":     len(cluster.Brokers),
		"controller":  cluster.Controller,
		"directories": directories,
		"no_group":    franzError(noGroup.Err),
		"gone":        franzError(gone),
		"gone_again":  franzError(goneAgain),
	}
}

func franzErrors(bootstrap, topic string) any {
	admin := franzTopic(bootstrap, topic, 1)
	defer admin.Close()
	ctx, done := within()
	defer done()
	limit := "1000"
	must(admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Name: "max.message.bytes", Value: &limit}}, topic))
	client := franzClient(bootstrap, kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.UnknownTopicRetries(0))
	defer client.Close()
	large := client.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte(strings.Repeat("x", 2000))}).FirstErr()
	unknown := client.ProduceSync(ctx, &kgo.Record{Topic: topic + "-unknown", Value: []byte("x")}).FirstErr()
	after := client.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("small")})
	reader := franzClient(bootstrap, kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(100)}}))
	defer reader.Close()
	return seen{
		"large":        franzError(large),
		"unknown":      franzError(unknown),
		"after":        []any{franzError(after.FirstErr()), after[0].Record.Offset},
		"out_of_range": franzError(reader.PollFetches(ctx).Err()),
	}
}
