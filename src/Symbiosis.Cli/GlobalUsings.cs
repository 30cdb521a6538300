global using Command = System.CommandLine.Command;
