package main

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

func saramaConfig() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Producer.Return.Successes = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Partitioner = sarama.NewRoundRobinPartitioner
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.Group.Heartbeat.Interval = 100 * time.Millisecond
	return config
}

func saramaClient(bootstrap string, config *sarama.Config) sarama.Client {
	return must(sarama.NewClient([]string{bootstrap}, config))
}

// An admin client, and a new topic.
func saramaTopic(bootstrap, topic string, partitions int32) sarama.ClusterAdmin {
	admin := must(sarama.NewClusterAdmin([]string{bootstrap}, saramaConfig()))
	check(admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1}, false))
	return admin
}

func saramaWrite(bootstrap string, config *sarama.Config, messages []*sarama.ProducerMessage) {
	producer := must(sarama.NewSyncProducer([]string{bootstrap}, config))
	check(producer.SendMessages(messages))
	check(producer.Close())
}

func saramaMessages(topic string, values []string) []*sarama.ProducerMessage {
	messages := make([]*sarama.ProducerMessage, len(values))
	for i, value := range values {
		messages[i] = &sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(value)}
	}
	return messages
}

// Reads so many records of a partition.
func saramaRead(client sarama.Client, topic string, partition int32, from int64, count int) []*sarama.ConsumerMessage {
	consumer := must(sarama.NewConsumerFromClient(client))
	reader := must(consumer.ConsumePartition(topic, partition, from))
	defer reader.Close()
	deadline := time.After(timeout)
	var messages []*sarama.ConsumerMessage
	for len(messages) < count {
		select {
		case message := <-reader.Messages():
			messages = append(messages, message)
		case <-deadline:
			check(fmt.Errorf("%d of %d records came", len(messages), count))
		}
	}
	return messages
}

// The name of Kafka's error.
func saramaError(err error) any {
	var kafka sarama.KError
	if errors.As(err, &kafka) {
		return int(kafka)
	}
	if err != nil {
		return err.Error()
	}
	return nil
}

func saramaCodecs(bootstrap, topic string) any {
	admin := saramaTopic(bootstrap, topic, 3)
	defer admin.Close()
	var wanted []string
	for _, codec := range []sarama.CompressionCodec{
		sarama.CompressionNone, sarama.CompressionGZIP, sarama.CompressionSnappy, sarama.CompressionLZ4, sarama.CompressionZSTD,
	} {
		config := saramaConfig()
		config.Producer.Compression = codec
		config.Producer.Idempotent = true
		config.Net.MaxOpenRequests = 1
		var values []string
		for _, text := range texts() {
			values = append(values, codec.String()+" "+text)
		}
		saramaWrite(bootstrap, config, saramaMessages(topic, values))
		wanted = append(wanted, values...)
	}
	client := saramaClient(bootstrap, saramaConfig())
	defer client.Close()
	var read []string
	for partition := range int32(3) {
		count := must(client.GetOffset(topic, partition, sarama.OffsetNewest))
		for _, message := range saramaRead(client, topic, partition, sarama.OffsetOldest, int(count)) {
			read = append(read, string(message.Value))
		}
	}
	return seen{"same": same(wanted, read)}
}

func saramaHeaders(bootstrap, topic string) any {
	saramaTopic(bootstrap, topic, 1).Close()
	message := &sarama.ProducerMessage{
		Topic: topic,
		Key:   sarama.ByteEncoder{0, 255},
		Headers: []sarama.RecordHeader{
			{Key: []byte("trace"), Value: []byte("x")}, {Key: []byte("none")}, {Key: []byte("trace"), Value: []byte("y")},
		},
		Timestamp: time.UnixMilli(1_700_000_000_000),
	}
	saramaWrite(bootstrap, saramaConfig(), []*sarama.ProducerMessage{message})
	client := saramaClient(bootstrap, saramaConfig())
	defer client.Close()
	read := saramaRead(client, topic, 0, 0, 1)[0]
	var headers [][]any
	for _, header := range read.Headers {
		headers = append(headers, []any{string(header.Key), string(header.Value)})
	}
	return seen{
		"written":   []int64{int64(message.Partition), message.Offset},
		"key":       fmt.Sprintf("%x", read.Key),
		"no_value":  read.Value == nil,
		"headers":   headers,
		"timestamp": read.Timestamp.UnixMilli(),
	}
}

// A member of a group, which tells of its assignments and of what it read, and commits that.
type saramaMember struct {
	assigned chan int
	read     chan string
	stop     func()
}

func (m *saramaMember) Setup(session sarama.ConsumerGroupSession) error {
	partitions := 0
	for _, claimed := range session.Claims() {
		partitions += len(claimed)
	}
	m.assigned <- partitions
	return nil
}

func (m *saramaMember) Cleanup(session sarama.ConsumerGroupSession) error {
	session.Commit()
	return nil
}

func (m *saramaMember) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		session.MarkMessage(message, "note")
		m.read <- string(message.Value)
	}
	return nil
}

func saramaJoin(bootstrap, group, topic string) *saramaMember {
	consumer := must(sarama.NewConsumerGroup([]string{bootstrap}, group, saramaConfig()))
	ctx, cancel := context.WithCancel(context.Background())
	member := &saramaMember{assigned: make(chan int, 100), read: make(chan string, 1000)}
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			check(consumer.Consume(ctx, []string{topic}, member))
		}
	})
	member.stop = func() {
		cancel()
		done.Wait()
		check(consumer.Close())
	}
	return member
}

// Waits until the member has so many partitions.
func (m *saramaMember) awaitAssigned(count int) {
	deadline := time.After(timeout)
	for {
		select {
		case assigned := <-m.assigned:
			if assigned == count {
				return
			}
		case <-deadline:
			check(fmt.Errorf("a member has not got %d partitions", count))
		}
	}
}

// What members read, until it is so many records.
func saramaReadOf(count int, first, second *saramaMember) []string {
	deadline := time.After(timeout)
	var read []string
	for len(read) < count {
		select {
		case value := <-first.read:
			read = append(read, value)
		case value := <-second.read:
			read = append(read, value)
		case <-deadline:
			check(fmt.Errorf("%d of %d records came", len(read), count))
		}
	}
	return read
}

// Two members share a topic; when one has gone the other reads on from what is committed.
func saramaGroup(bootstrap, topic string) any {
	admin := saramaTopic(bootstrap, topic, 4)
	defer admin.Close()
	group := topic + "-group"
	var values []string
	for i := range 50 {
		values = append(values, fmt.Sprint(i))
	}
	first := saramaJoin(bootstrap, group, topic)
	first.awaitAssigned(4)
	second := saramaJoin(bootstrap, group, topic)
	second.awaitAssigned(2)
	first.awaitAssigned(2)
	described := must(admin.DescribeConsumerGroups([]string{group}))[0]
	saramaWrite(bootstrap, saramaConfig(), saramaMessages(topic, values[:40]))
	read := saramaReadOf(40, first, second)
	second.stop()
	first.awaitAssigned(4)
	saramaWrite(bootstrap, saramaConfig(), saramaMessages(topic, values[40:]))
	rest := saramaReadOf(10, first, second)
	first.stop()
	offsets := must(admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0, 1, 2, 3}}))
	var committed int64
	for partition := range int32(4) {
		committed += offsets.GetBlock(topic, partition).Offset
	}
	left := must(admin.DescribeConsumerGroups([]string{group}))[0]
	return seen{
		"group":     []any{described.State, described.Protocol, len(described.Members)},
		"same":      same(read, values[:40]),
		"rest":      same(rest, values[40:]),
		"committed": committed,
		"left":      []any{left.State, len(left.Members)},
		"listed":    must(admin.ListConsumerGroups())[group],
		"deleted":   saramaError(admin.DeleteConsumerGroup(group)),
		"again":     saramaError(admin.DeleteConsumerGroup(group)),
	}
}

func saramaOffsets(bootstrap, topic string) any {
	admin := saramaTopic(bootstrap, topic, 1)
	defer admin.Close()
	var messages []*sarama.ProducerMessage
	for i := range 10 {
		messages = append(messages, &sarama.ProducerMessage{
			Topic: topic, Value: sarama.StringEncoder(fmt.Sprint(i)), Timestamp: time.UnixMilli(int64(1000 * i)),
		})
	}
	saramaWrite(bootstrap, saramaConfig(), messages)
	client := saramaClient(bootstrap, saramaConfig())
	defer client.Close()
	group := topic + "-group"
	manager := must(sarama.NewOffsetManagerFromClient(group, client))
	partition := must(manager.ManagePartition(topic, 0))
	before, _ := partition.NextOffset()
	partition.MarkOffset(4, "note")
	manager.Commit()
	partition.AsyncClose()
	check(manager.Close())
	block := must(admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0}})).GetBlock(topic, 0)
	reader := must(sarama.NewConsumerFromClient(client))
	_, outOfRange := reader.ConsumePartition(topic, 0, 100)
	return seen{
		"before":       before,
		"committed":    []any{block.Offset, block.Metadata, saramaError(block.Err)},
		"watermarks":   []int64{must(client.GetOffset(topic, 0, sarama.OffsetOldest)), must(client.GetOffset(topic, 0, sarama.OffsetNewest))},
		"after_4500":   must(client.GetOffset(topic, 0, 4500)),
		"sought":       string(saramaRead(client, topic, 0, 8, 1)[0].Value),
		"out_of_range": saramaError(outOfRange),
		"deleted":      saramaError(admin.DeleteConsumerGroupOffset(group, topic, 0)),
		"left":         must(admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0}})).GetBlock(topic, 0).Offset,
	}
}

func saramaAdmin(bootstrap, topic string) any {
	admin := saramaTopic(bootstrap, topic, 2)
	defer admin.Close()
	again := admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false)
	replicated := admin.CreateTopic(topic+"-7", &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 7}, false)
	illegal := admin.CreateTopic("not/legal", &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false)
	grown := admin.CreatePartitions(topic, 3, nil, false)
	shrunk := admin.CreatePartitions(topic, 1, nil, false)
	set := func(name, value string) error {
		return admin.IncrementalAlterConfig(sarama.TopicResource, topic, map[string]sarama.IncrementalAlterConfigsEntry{
			name: {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value},
		}, false)
	}
	altered, refused := set("retention.ms", "12345"), set("max.message.bytes", "-5")
	entries := must(admin.DescribeConfig(sarama.ConfigResource{
		Type: sarama.TopicResource, Name: topic, ConfigNames: []string{"retention.ms"},
	}))
	manual := saramaConfig()
	manual.Producer.Partitioner = sarama.NewManualPartitioner
	saramaWrite(bootstrap, manual, saramaMessages(topic, []string{"a", "b"}))
	trimmed := admin.DeleteRecords(topic, map[int32]int64{0: 1})
	client := saramaClient(bootstrap, saramaConfig())
	defer client.Close()
	partitions := must(client.Partitions(topic))
	sort.Slice(partitions, func(i, j int) bool { return partitions[i] < partitions[j] })
	brokers, controller, err := admin.DescribeCluster()
	check(err)
	return seen{
		"again":      saramaError(again),
		"replicated": saramaError(replicated),
		"illegal":    saramaError(illegal),
		"grown":      saramaError(grown),
		"shrunk":     saramaError(shrunk),
		"altered":    saramaError(altered),
		"refused":    saramaError(refused),
		"retention":  []any{entries[0].Name, entries[0].Value, entries[0].Source.String()},
		"trimmed":    saramaError(trimmed),
		"low":        must(client.GetOffset(topic, 0, sarama.OffsetOldest)),
		"partitions": partitions,
		"brokers":    []any{len(brokers), controller},
		"no_group":   saramaError(admin.DeleteConsumerGroup(topic + "-none")),
		"gone":       saramaError(admin.DeleteTopic(topic)),
		"gone_again": saramaError(admin.DeleteTopic(topic)),
	}
}

func saramaErrors(bootstrap, topic string) any {
	admin := saramaTopic(bootstrap, topic, 1)
	defer admin.Close()
	limit := "1000"
	check(admin.AlterConfig(sarama.TopicResource, topic, map[string]*string{"max.message.bytes": &limit}, false))
	producer := must(sarama.NewSyncProducer([]string{bootstrap}, saramaConfig()))
	defer producer.Close()
	send := func(topic, value string) any {
		_, offset, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(value)})
		if err != nil {
			return saramaError(err)
		}
		return []int64{offset}
	}
	return seen{
		"large":   send(topic, strings.Repeat("x", 2000)),
		"illegal": send("not/legal", "x"),
		"after":   send(topic, "small"),
	}
}
