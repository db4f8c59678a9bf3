import RecallCommands

Recall.main()
