package main

import (
	"fmt"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"
)

// How many records are copied from one topic to another, a few of them in a transaction.
const (
	copied        = 60
	inTransaction = 10
)

// The numbers up to what is copied.
func numbers() []string {
	numbers := make([]string, copied)
	for i := range numbers {
		numbers[i] = fmt.Sprint(i)
	}
	return numbers
}

// What each isolation level shows of a topic of one partition, up to a last record that isn't in a transaction.
func franzIsolated(bootstrap, topic string) (committed, all []string) {
	franzWrite(bootstrap, []*kgo.Record{{Topic: topic, Value: []byte("end")}})
	read := func(level kgo.IsolationLevel) []string {
		client := franzClient(bootstrap, kgo.FetchIsolationLevel(level),
			kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}))
		defer client.Close()
		var values []string
		for len(values) == 0 || values[len(values)-1] != "end" {
			values = append(values, franzValues(franzRead(client, 1))...)
		}
		return values[:len(values)-1]
	}
	return read(kgo.ReadCommitted()), read(kgo.ReadUncommitted())
}

// Consume, transform, produce, with every third transaction aborted.
func franzCopy(bootstrap, topic string, options ...kgo.Opt) any {
	output := topic + "-output"
	franzTopic(bootstrap, topic, 1).Close()
	admin := franzTopic(bootstrap, output, 1)
	defer admin.Close()
	franzWrite(bootstrap, franzRecords(topic, numbers()))
	group := topic + "-group"
	options = append(options, kgo.SeedBrokers(bootstrap), kgo.TransactionalID(topic), kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.RequireStableFetchOffsets())
	session := must(kgo.NewGroupTransactSession(options...))
	ctx, done := within()
	defer done()
	var commits, aborts, transactions int
	for commits < copied {
		records := session.PollRecords(ctx, inTransaction).Records()
		check(ctx.Err())
		check(session.Begin())
		for _, record := range records {
			session.Produce(ctx, &kgo.Record{Topic: output, Value: record.Value}, nil)
		}
		check(session.Client().Flush(ctx))
		transactions++
		committed := must(session.End(ctx, kgo.TransactionEndTry(transactions%3 != 0)))
		if committed {
			commits += len(records)
		} else {
			aborts++
		}
	}
	// The next one with the same id takes over from one that has not ended its transaction.
	check(session.Begin())
	check(session.Client().ProduceSync(ctx, &kgo.Record{Topic: output, Value: []byte("of the old one")}).FirstErr())
	second := franzClient(bootstrap, kgo.TransactionalID(topic))
	defer second.Close()
	check(second.BeginTransaction())
	check(second.ProduceSync(ctx, &kgo.Record{Topic: output, Value: []byte("of the new one")}).FirstErr())
	check(second.EndTransaction(ctx, kgo.TryCommit))
	fenced := session.Client().EndTransaction(ctx, kgo.TryCommit)
	session.Close()
	committed, all := franzIsolated(bootstrap, output)
	offset, _ := must(admin.FetchOffsets(ctx, group)).Lookup(topic, 0)
	return seen{
		"copied":    same(committed[:copied], numbers()),
		"rest":      committed[copied:],
		"aborted":   aborts > 0,
		"all":       len(all)-copied-2 > 0,
		"committed": offset.At,
		"fenced":    franzError(fenced),
	}
}

func franzTransactions(bootstrap, topic string) any {
	return franzCopy(bootstrap, topic)
}

// As clients of before KIP-890 do it, who say which partitions they will write to.
func franzOldTransactions(bootstrap, topic string) any {
	return franzCopy(bootstrap, topic, kgo.MaxVersions(kversion.V3_6_0()))
}

func saramaTransactional(bootstrap, id string) sarama.SyncProducer {
	config := saramaConfig()
	config.Producer.Idempotent = true
	config.Producer.Transaction.ID = id
	config.Net.MaxOpenRequests = 1
	return must(sarama.NewSyncProducer([]string{bootstrap}, config))
}

// Consume, transform, produce, with every third transaction aborted.
func saramaTransactions(bootstrap, topic string) any {
	output := topic + "-output"
	saramaTopic(bootstrap, topic, 1).Close()
	admin := saramaTopic(bootstrap, output, 1)
	defer admin.Close()
	saramaWrite(bootstrap, saramaConfig(), saramaMessages(topic, numbers()))
	group := topic + "-group"
	client := saramaClient(bootstrap, saramaConfig())
	defer client.Close()
	producer := saramaTransactional(bootstrap, topic)
	var aborts, transactions int
	for from := 0; from < copied; {
		check(producer.BeginTxn())
		for _, message := range saramaRead(client, topic, 0, int64(from), inTransaction)[:inTransaction] {
			_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: output, Value: sarama.StringEncoder(message.Value)})
			check(err)
		}
		next := int64(from + inTransaction)
		check(producer.AddOffsetsToTxn(map[string][]*sarama.PartitionOffsetMetadata{
			topic: {{Partition: 0, Offset: next}},
		}, group))
		transactions++
		if transactions%3 == 0 {
			check(producer.AbortTxn())
			aborts++
			continue
		}
		check(producer.CommitTxn())
		from += inTransaction
	}
	check(producer.BeginTxn())
	_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: output, Value: sarama.StringEncoder("of the old one")})
	check(err)
	second := saramaTransactional(bootstrap, topic)
	check(second.BeginTxn())
	_, _, err = second.SendMessage(&sarama.ProducerMessage{Topic: output, Value: sarama.StringEncoder("of the new one")})
	check(err)
	check(second.CommitTxn())
	fenced := producer.CommitTxn()
	check(second.Close())
	_ = producer.Close()
	values := func(level sarama.IsolationLevel) []string {
		config := saramaConfig()
		config.Consumer.IsolationLevel = level
		reading := saramaClient(bootstrap, config)
		defer reading.Close()
		reader := must(must(sarama.NewConsumerFromClient(reading)).ConsumePartition(output, 0, 0))
		defer reader.Close()
		var values []string
		deadline := time.After(timeout)
		for {
			select {
			case message := <-reader.Messages():
				if string(message.Value) == "end" {
					return values
				}
				values = append(values, string(message.Value))
			case <-deadline:
				check(fmt.Errorf("%d records came, and no end", len(values)))
			}
		}
	}
	saramaWrite(bootstrap, saramaConfig(), saramaMessages(output, []string{"end"}))
	committed, all := values(sarama.ReadCommitted), values(sarama.ReadUncommitted)
	offsets := must(admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0}}))
	return seen{
		"copied":    same(committed[:copied], numbers()),
		"rest":      committed[copied:],
		"all":       len(all),
		"aborted":   aborts,
		"committed": offsets.GetBlock(topic, 0).Offset,
		"fenced":    saramaError(fenced),
	}
}
